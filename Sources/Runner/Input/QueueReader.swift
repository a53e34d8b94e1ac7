package import Jobs

/// Reads an input from front to back for a queue, without ever holding more than a part of it.
package struct QueueReader {
  private let input: RunInput
  private let enqueue: ([QueuedLine]) async throws -> Void

  /// - Parameter enqueue: adds lines to the queue.
  package init(_ input: RunInput, enqueue: @escaping ([QueuedLine]) async throws -> Void) {
    self.input = input
    self.enqueue = enqueue
  }

  /// Reads the whole input.
  ///
  /// - Returns: how many lines or documents of it can never be jobs.
  /// - Throws: ``StoreError``, or what `enqueue` throws.
  package func run() async throws -> Int {
    var intake = QueueIntake(name: input.name, idField: input.idField)
    for try await lines in input.lines() {
      for line in lines {
        try await take(line, &intake)
        if intake.isFull { try await handOver(&intake) }
      }
      // What a pipe has said is queued before more is waited for.
      if case .pipe = input.source { try await handOver(&intake) }
    }
    try await handOver(&intake)
    input.tell(unnamed: intake.unnamed)
    return intake.bad
  }

  private func take(_ line: LineSplitter.Line, _ intake: inout QueueIntake) async throws {
    guard case .folder(let folder) = input.source else { return intake.take(line) }
    let path = JobPreparer.documentPath(line.bytes.content)
    let text: Result<[UInt8], DocumentError>
    do throws(DocumentError) {
      text = .success(try await folder.text(of: path))
    } catch {
      text = .failure(error)
    }
    intake.take(document: path, number: line.number, text: text)
  }

  private func handOver(_ intake: inout QueueIntake) async throws {
    let lines = intake.takeReady()
    if !lines.isEmpty { try await enqueue(lines) }
  }
}
