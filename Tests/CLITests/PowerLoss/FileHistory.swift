/// A file as the disk may have it: what its last fsync made durable, and what came since.
struct FileHistory {
  private enum Change {
    case write(offset: Int, bytes: [UInt8])
    case resize(Int)
  }

  /// What every reader sees while the power is on.
  private(set) var current: [UInt8] = []
  private(set) var durable: [UInt8] = []
  private var changes: [Change] = []

  var isDurable: Bool { changes.isEmpty }

  mutating func write(_ bytes: [UInt8], at offset: Int) {
    changes.append(.write(offset: offset, bytes: bytes))
    Self.write(bytes[...], at: offset, in: &current)
  }

  mutating func resize(to size: Int) {
    changes.append(.resize(size))
    Self.resize(&current, to: size)
  }

  mutating func sync() {
    guard !changes.isEmpty else { return }
    durable = current
    changes = []
  }

  /// Everything but a part of the last write, which stops at a byte or misses some sectors.
  func tornAtEnd(_ random: inout SeededRandom) -> [UInt8] {
    guard case .write(let offset, let bytes)? = changes.last else { return current }
    var kept = self
    kept.changes.removeLast()
    var torn = kept.replayed()
    if Bool.random(using: &random) {
      Self.write(
        bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)),
        at: offset,
        in: &torn
      )
      return torn
    }
    for sector in Self.sectors(offset..<offset + bytes.count, of: 512)
    where Bool.random(using: &random) {
      Self.write(
        bytes[(sector.lowerBound - offset)..<(sector.upperBound - offset)],
        at: sector.lowerBound,
        in: &torn
      )
    }
    return torn
  }

  /// Each sector as it was after some number of the changes, and the size likewise.
  ///
  /// The page cache has one copy of a sector and writes it back at any time, so later changes of a
  /// sector are never on disk without the earlier ones, but those of other sectors may be.
  ///
  /// - Parameter sectorSize: 512 for the least that a disk writes at once, 4096 for a page.
  func shuffled(sectorSize: Int, _ random: inout SeededRandom) -> [UInt8] {
    guard !changes.isEmpty else { return durable }
    var reached: [Int: Int] = [:]
    var content = durable
    let sizeReached = Self.somewhere(in: changes.count, &random)
    var size = durable.count
    for (number, change) in changes.enumerated() {
      switch change {
      case .write(let offset, let bytes):
        let whole = offset..<offset + bytes.count
        for sector in Self.sectors(whole, of: sectorSize) {
          let key = sector.lowerBound / sectorSize
          let limit = reached[key] ?? Self.somewhere(in: changes.count, &random)
          reached[key] = limit
          guard number < limit else { continue }
          Self.write(
            bytes[(sector.lowerBound - offset)..<(sector.upperBound - offset)],
            at: sector.lowerBound,
            in: &content
          )
        }
        if number < sizeReached { size = max(size, whole.upperBound) }
      case .resize(let newSize):
        // What a file loses by shrinking is zeros when it grows again.
        if newSize < content.count, number < sizeReached { Self.resize(&content, to: newSize) }
        if number < sizeReached { size = newSize }
      }
    }
    Self.resize(&content, to: size)
    return content
  }

  /// How many of the changes happened; all or none more often than any other number.
  private static func somewhere(in count: Int, _ random: inout SeededRandom) -> Int {
    switch Int.random(in: 0..<3, using: &random) {
    case 0: 0
    case 1: count
    default: Int.random(in: 0...count, using: &random)
    }
  }

  private func replayed() -> [UInt8] {
    changes.reduce(into: durable) { content, change in
      switch change {
      case .write(let offset, let bytes): Self.write(bytes[...], at: offset, in: &content)
      case .resize(let size): Self.resize(&content, to: size)
      }
    }
  }

  private static func sectors(_ range: Range<Int>, of size: Int) -> [Range<Int>] {
    stride(from: range.lowerBound / size * size, to: range.upperBound, by: size).map {
      max($0, range.lowerBound)..<min($0 + size, range.upperBound)
    }
  }

  private static func write(_ bytes: ArraySlice<UInt8>, at offset: Int, in content: inout [UInt8]) {
    let end = offset + bytes.count
    if content.count < end { resize(&content, to: end) }
    content.replaceSubrange(offset..<end, with: bytes)
  }

  private static func resize(_ content: inout [UInt8], to size: Int) {
    if size < content.count {
      content.removeLast(content.count - size)
    } else {
      content += [UInt8](repeating: 0, count: size - content.count)
    }
  }
}
