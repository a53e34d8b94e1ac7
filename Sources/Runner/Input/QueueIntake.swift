package import Jobs
import Secrets

/// Turns lines and documents into lines of a queue; a pure value.
///
/// What can never be a job is queued with its failure, so that it stands among the results. It has
/// no id to be known by, so it is known by what it holds: the same input given again adds nothing.
package struct QueueIntake: Sendable {
  /// Lines that go down in one commit, and bytes of them.
  private static let chunk = (lines: 4_096, bytes: 8 << 20)

  /// Lines that are ready to be queued.
  private var lines: [QueuedLine] = []
  private var bytes = 0
  /// Lines so far that can never be jobs.
  package private(set) var bad = 0
  /// Lines so far that have no id.
  package private(set) var unnamed = 0
  private let name: String
  private let idField: String?

  /// - Parameters:
  ///   - name: the input as messages name it.
  ///   - idField: the member of plain lines that is the id, where it is not `id`.
  package init(name: String, idField: String? = nil) {
    self.name = name
    self.idField = idField
  }

  /// True when there are lines enough for a commit.
  package var isFull: Bool { lines.count >= Self.chunk.lines || bytes >= Self.chunk.bytes }

  /// The lines that are ready, which are let go.
  package mutating func takeReady() -> [QueuedLine] {
    defer {
      lines = []
      bytes = 0
    }
    return lines
  }

  /// Takes the next line of the input.
  package mutating func take(_ line: LineSplitter.Line) {
    guard line.isOversized || !line.bytes.isBlankLine else { return }
    let text = line.bytes.content
    do throws(InputLineError) {
      let found = try InputLine.read(line, idField: idField)
      let isNamed = !found.isUnnamed && (idField == nil || !found.isPrompt)
      if found.isUnnamed { unnamed += 1 }
      let queued = isNamed ? Array(text) : InputLine.naming(text, found.id, insteadOf: idField)
      add(QueuedLine(id: found.id, line: queued, number: line.number))
    } catch {
      let refusal = Refusal(
        status: nil,
        code: error.code,
        message: "\(name):\(line.number): \(error.message)"
      )
      let mark = line.isOversized ? "\(line.length)" : digest(of: text)
      add(text, failed: refusal, line.number, mark: mark)
    }
  }

  /// Takes the next document of a folder, with its text as a plain line that needs no folder.
  ///
  /// - Parameters:
  ///   - number: of the document, from 1.
  ///   - text: what it holds, or why it cannot be used.
  package mutating func take(
    document path: String,
    number: Int,
    text: Result<[UInt8], DocumentError>
  ) {
    switch text {
    case .success(let text):
      let line = InputLine.document(path: path, text: text)
      add(QueuedLine(id: path, line: line, number: number))
    case .failure(let error):
      let line = InputLine.document(path: path, text: nil)
      let refusal = Refusal(
        status: nil,
        code: error.code,
        message: "\(name)/\(path): \(error.message)"
      )
      add(line[...], failed: refusal, number, mark: digest(of: line[...] + error.message.utf8))
    }
  }

  /// - Parameter mark: what it is known by; no id begins as marks do.
  private mutating func add(
    _ text: ArraySlice<UInt8>,
    failed refusal: Refusal,
    _ number: Int,
    mark: String
  ) {
    let failure = InputLine.failedLine(text, number: number, refusal: refusal).bytes
    bad += 1
    // A line that was not kept still has to be one, so that those after it keep their numbers.
    let line = text.isEmpty ? failure : Array(text)
    add(
      QueuedLine(
        id: "\0\(mark)",
        line: line,
        number: number,
        failure: failure,
        cause: refusal.code
      )
    )
  }

  private mutating func add(_ line: QueuedLine) {
    lines.append(line)
    bytes += line.line.count
  }

  private func digest(of bytes: ArraySlice<UInt8>) -> String {
    unsafe bytes.withUnsafeBytes { unsafe SHA256.digest(of: $0) }.hex
  }
}
