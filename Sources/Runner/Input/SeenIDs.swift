/// Which job ids a reader has met, in 16 to 32 bytes an id.
///
/// An id is kept as 64 bits of a hash that is seeded anew in every process (SipHash), and the
/// number of its line. Among a million ids the chance that any two different ones are taken for
/// the same is one in 37 million.
package struct SeenIDs: Sendable {
  private var lines: [Int: UInt32] = [:]

  package init() {}

  /// Notes an id.
  ///
  /// - Returns: the line that had the id before, or nil when it is new.
  package mutating func insert(_ id: String, line: Int) -> Int? {
    // By its bytes: texts that differ in Unicode form only are equal, but not the same id.
    let hash = Array(id.utf8).hashValue
    if let earlier = lines[hash] { return Int(earlier) }
    lines[hash] = UInt32(clamping: line)
    return nil
  }
}
