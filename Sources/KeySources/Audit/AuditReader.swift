/// Reads audit logs of any length from their beginning, a piece at a time.
package enum AuditReader {
  /// What is known of a log after reading it.
  package struct Summary: Hashable, Sendable {
    /// The line at which the chain breaks, and why.
    package struct Break: Hashable, Sendable {
      /// Counted from 1.
      package let line: Int
      /// In plain words.
      package let why: String
    }

    /// How many entries there are before the end, or before the chain breaks.
    package fileprivate(set) var entries = 0
    /// When the first and the last of them were written, in RFC 3339 form; nil for an empty log.
    package fileprivate(set) var first: String?
    package fileprivate(set) var last: String?
    /// The hash of the last entry; 64 zeros for an empty log.
    package fileprivate(set) var head = AuditChain().head
    /// Bytes of an unfinished line at the end, which a crash or a present write leaves.
    package fileprivate(set) var unfinished = 0
    /// Where the chain breaks first; nil when it does not.
    package fileprivate(set) var firstBreak: Break?
    /// Whether the hash that was looked for is the hash of an entry.
    package fileprivate(set) var hasExpected = false
  }

  private static let piece = 256 << 10

  /// Whether there is anything at a path.
  package static func exists(_ path: String) -> Bool { SecretFile.exists(path) }

  /// Whether a file begins like an audit log.
  package static func isLog(_ path: String) -> Bool {
    guard exists(path), let file = try? AuditFile(reading: path) else { return false }
    let start = try? file.read(from: 0, count: AuditChain.sequenceStart.count)
    return start == AuditChain.sequenceStart
  }

  /// Checks a log from the first line to the last, or to the first that breaks the chain.
  ///
  /// - Parameters:
  ///   - path: the log.
  ///   - expected: a hash to look for among the entries, in lower case.
  /// - Throws: ``KeySourceError`` of kind `denied` when it cannot be read; not for a broken chain.
  package static func verify(
    _ path: String,
    expecting expected: String? = nil
  ) throws(KeySourceError) -> Summary {
    var summary = Summary()
    var chain = AuditChain()
    let rest = try forEachLine(of: path) { line in
      do throws(AuditChain.Break) {
        let time = try chain.accept(line)
        if summary.entries == 0 { summary.first = String(decoding: time, as: UTF8.self) }
        summary.last = String(decoding: time, as: UTF8.self)
        summary.entries = chain.count
        summary.head = chain.head
        if chain.head == expected { summary.hasExpected = true }
        return true
      } catch {
        summary.firstBreak = Summary.Break(line: chain.count + 1, why: error.why)
        return false
      }
    }
    summary.unfinished = rest.count
    if summary.firstBreak == nil, !AuditChain.mayBegin(rest) {
      summary.firstBreak = Summary.Break(
        line: chain.count + 1,
        why: "it is not a line of an audit log"
      )
    }
    return summary
  }

  /// Reads every whole line until `body` returns false.
  ///
  /// - Returns: the bytes after the last line feed.
  /// - Throws: ``KeySourceError`` of kind `denied` when it cannot be read.
  @discardableResult
  package static func forEachLine(
    of path: String,
    _ body: (ArraySlice<UInt8>) -> Bool
  ) throws(KeySourceError) -> [UInt8] {
    let file = try AuditFile(reading: path)
    var position = 0
    var rest: [UInt8] = []
    while rest.count <= AuditFile.longestLine {
      let bytes = try file.read(from: position, count: piece)
      guard !bytes.isEmpty else { return rest }
      position += bytes.count
      rest += bytes
      var start = 0
      while let end = rest[start...].firstIndex(of: 0x0A) {
        guard body(rest[start..<end]) else { return [] }
        start = end + 1
      }
      rest.removeFirst(start)
    }
    _ = body(rest[...])
    return []
  }
}
