/// A folder on a disk whose power may go: what is durable, and what is not yet.
struct CrashDisk {
  /// What a file system promises about the names of files.
  enum Naming: CaseIterable {
    /// As ext4, XFS and btrfs do: names change in order, and any fsync keeps all changes before it.
    case journaled
    /// As POSIX says: a change of a name is durable after an fsync of the folder; before, any of
    /// the changes may be lost.
    case strict
  }

  /// What becomes of that which is not durable when the power goes.
  enum Loss: CaseIterable {
    case everything
    case nothing
    /// Sectors and names come through at random.
    case some
    /// Only a part of the last write is lost.
    case tail
  }

  private enum NameChange {
    case set(String, file: Int)
    case rename(from: String, to: String, file: Int)
    case remove(String)
  }

  private let naming: Naming
  /// Files by their order of creation, since inodes are used again.
  private var files: [FileHistory] = []
  private var fileOfInode: [UInt64: Int] = [:]
  private var names: [String: Int] = [:]
  private var durableNames: [String: Int] = [:]
  private var nameChanges: [NameChange] = []
  private var lastWritten: Int?

  init(_ naming: Naming) {
    self.naming = naming
  }

  mutating func apply(_ operation: FileOperation) {
    switch operation {
    case .create(let name, let inode):
      fileOfInode[inode] = files.count
      change(.set(name, file: files.count))
      files.append(FileHistory())
    case .write(let inode, let offset, let bytes):
      guard let file = fileOfInode[inode] else { return }
      files[file].write(bytes, at: offset)
      lastWritten = file
    case .resize(let inode, let size):
      guard let file = fileOfInode[inode] else { return }
      files[file].resize(to: size)
    case .sync(let inode):
      guard let file = fileOfInode[inode] else { return }
      files[file].sync()
      if naming == .journaled { keepNames() }
    case .rename(let from, let to):
      guard let file = names[from] else { return }
      change(.rename(from: from, to: to, file: file))
    case .unlink(let name): change(.remove(name))
    case .syncFolder: keepNames()
    }
  }

  private mutating func change(_ change: NameChange) {
    nameChanges.append(change)
    Self.apply(change, to: &names)
  }

  private mutating func keepNames() {
    durableNames = names
    nameChanges = []
  }

  private static func apply(_ change: NameChange, to names: inout [String: Int]) {
    switch change {
    case .set(let name, let file): names[name] = file
    case .rename(let from, let to, let file):
      names[from] = nil
      names[to] = file
    case .remove(let name): names[name] = nil
    }
  }

  /// The files as a reader sees them now.
  var current: [String: [UInt8]] { names.mapValues { files[$0].current } }

  /// The files as they may be found when the power comes back.
  func files(after loss: Loss, _ random: inout SeededRandom) -> [String: [UInt8]] {
    switch loss {
    case .everything: return durableNames.mapValues { files[$0].durable }
    case .nothing: return current
    case .some:
      let sectorSize = Bool.random(using: &random) ? 512 : 4_096
      return survivingNames(&random).sorted { $0.key < $1.key }.reduce(into: [:]) { found, entry in
        found[entry.key] = files[entry.value].shuffled(sectorSize: sectorSize, &random)
      }
    case .tail:
      return names.reduce(into: [:]) { found, entry in
        found[entry.key] =
          entry.value == lastWritten
          ? files[entry.value].tornAtEnd(&random) : files[entry.value].current
      }
    }
  }

  private func survivingNames(_ random: inout SeededRandom) -> [String: Int] {
    var survivors = durableNames
    switch naming {
    case .journaled:
      let count = Int.random(in: 0...nameChanges.count, using: &random)
      for change in nameChanges.prefix(count) { Self.apply(change, to: &survivors) }
    case .strict:
      for change in nameChanges where Bool.random(using: &random) {
        Self.apply(change, to: &survivors)
      }
    }
    return survivors
  }
}

/// Randomness that a seed repeats (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
