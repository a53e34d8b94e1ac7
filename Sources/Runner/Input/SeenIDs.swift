/// Which job ids a reader has met, in 16 to 32 bytes an id.
///
/// An id is kept as 64 bits of a hash that is seeded anew in every process (SipHash), and the
/// number of its line. Among a million ids the chance that any two different ones are taken for
/// the same is one in 37 million.
package struct SeenIDs: Sendable {
  private var hashes: [UInt64]
  private var lines: [UInt32]
  private var count = 0

  package init() {
    hashes = Array(repeating: 0, count: 1_024)
    lines = Array(repeating: 0, count: 1_024)
  }

  /// Notes an id.
  ///
  /// - Returns: the line that had the id before, or nil when it is new.
  package mutating func insert(_ id: String, line: Int) -> Int? {
    if count * 4 >= hashes.count * 3 { grow() }
    var hasher = Hasher()
    hasher.combine(id)
    let hash = max(1, UInt64(bitPattern: Int64(hasher.finalize())))
    let slot = slot(of: hash)
    if hashes[slot] == hash { return Int(lines[slot]) }
    hashes[slot] = hash
    lines[slot] = UInt32(clamping: line)
    count += 1
    return nil
  }

  /// The slot that holds `hash`, or the free one where it belongs (linear probing).
  private func slot(of hash: UInt64) -> Int {
    let mask = hashes.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while hashes[slot] != 0, hashes[slot] != hash { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let (oldHashes, oldLines) = (hashes, lines)
    hashes = Array(repeating: 0, count: oldHashes.count * 2)
    lines = Array(repeating: 0, count: oldHashes.count * 2)
    for (hash, line) in zip(oldHashes, oldLines) where hash != 0 {
      let slot = slot(of: hash)
      hashes[slot] = hash
      lines[slot] = line
    }
  }
}
