internal import Secrets

/// What a job was when it was queued, in 16 bytes: by it a changed input is compared.
package struct JobMark: Sendable, Hashable {
  /// Hash of the job's id.
  package let id: UInt64
  /// Hash of its line, or of what tells one version of its document from another.
  ///
  /// The lowest bit
  /// says whether the settings of the run go into the request.
  package let content: UInt64

  /// - Parameters:
  ///   - id: hash of the id, see ``hash(_:)``.
  ///   - content: hash of the line or document.
  ///   - isPrompt: true where the run's own settings, such as the model, go into the request.
  package init(id: UInt64, content: UInt64, isPrompt: Bool) {
    self.id = id
    self.content = content & ~1 | (isPrompt ? 1 : 0)
  }

  /// The mark of a line that was too long to be kept.
  package init(ofLength length: Int) {
    self.init(id: ~Self.hash([0] + "\(length)".utf8), content: 0, isPrompt: false)
  }

  /// The mark of a line that is no job; the hash of an id is another one.
  package init(ofBad line: ArraySlice<UInt8>) {
    self.init(id: ~Self.hash(line), content: Self.hash(line), isPrompt: false)
  }

  /// True for a plain prompt or a document, false for a line that travels as it is.
  package var isPrompt: Bool { content & 1 == 1 }

  /// The mark of the same job with another document.
  func of(document: UInt64) -> JobMark { JobMark(id: id, content: document, isPrompt: isPrompt) }

  /// True when `line`, without its line break, is the one that was queued.
  package func matches(_ line: ArraySlice<UInt8>) -> Bool {
    Self.hash(line) | 1 == content | 1
  }

  /// The first 64 bits of the SHA-256 of some bytes: the same in every process, and not to be
  /// forged by an input.
  package static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    let digest = unsafe bytes.withUnsafeBytes { unsafe SHA256.digest(of: $0) }
    return UInt64(bigEndian: digest.bytes.prefix(8))
  }

  /// The same of an id.
  package static func hash(id: String) -> UInt64 { hash([UInt8](id.utf8)[...]) }

  /// The same of the bytes of a line.
  package static func hash(_ line: OutputLine) -> UInt64 {
    var hash = SHA256()
    line.forEachBlock { block in unsafe block.withUnsafeBytes { unsafe hash.update($0) } }
    return UInt64(bigEndian: hash.finalize().bytes.prefix(8))
  }
}

extension [JobMark] {
  /// How marks lie in the batch file: each job's id hash and content hash, big-endian.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16 * count)
    for mark in self {
      bytes.appendBigEndian(mark.id)
      bytes.appendBigEndian(mark.content)
    }
    return bytes
  }

  init(bytes: [UInt8]) {
    self = stride(from: 0, to: bytes.count - bytes.count % 16, by: 16).map { start in
      JobMark(
        id: UInt64(bigEndian: bytes[start..<start + 8]),
        content: UInt64(bigEndian: bytes[start + 8..<start + 16])
      )
    }
  }
}

extension JobMark {
  fileprivate init(id: UInt64, content: UInt64) {
    self.id = id
    self.content = content
  }
}

extension UInt64 {
  fileprivate init(bigEndian bytes: ArraySlice<UInt8>) {
    self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension [UInt8] {
  fileprivate mutating func appendBigEndian(_ number: UInt64) {
    for shift in stride(from: 56, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }
}
