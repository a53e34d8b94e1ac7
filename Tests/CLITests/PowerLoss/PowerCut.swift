/// What is found on the disk after a power cut, and what users had seen before it.
struct PowerCut: CustomStringConvertible {
  let files: [String: [UInt8]]
  /// Lines that stood in an output file at some time before.
  let shown: Set<[UInt8]>
  /// What an export may be found to hold; nil for no file.
  let exports: [[UInt8]?]
  let description: String
}

/// Walks through a recording and cuts the power at every barrier, and between them.
struct PowerCuts {
  private let operations: [FileOperation]
  private let naming: CrashDisk.Naming
  private let seed: UInt64
  private var random: SeededRandom
  private var disk: CrashDisk
  private var shown = ShownLines()
  private var exports = ExportVersions()
  private var seen: Set<Int> = []

  init(of operations: [FileOperation], _ naming: CrashDisk.Naming, seed: UInt64) {
    self.operations = operations
    self.naming = naming
    self.seed = seed
    random = SeededRandom(seed: seed)
    disk = CrashDisk(naming)
  }

  /// Hands every state that differs from all before it to `check`.
  mutating func forEach(_ check: (PowerCut) async throws -> Void) async throws {
    var sinceBarrier = 0
    for (number, operation) in operations.enumerated() {
      if operation.isBarrier {
        // Nothing was promised about the operations since the last barrier; most are pending now.
        for loss in CrashDisk.Loss.allCases { try await cut(loss, before: number, check) }
        try await cut(.some, before: number, check)
        sinceBarrier = 0
      } else {
        sinceBarrier += 1
        if sinceBarrier > 1, Int.random(in: 0..<4, using: &random) == 0 {
          try await cut(Bool.random(using: &random) ? .some : .tail, before: number, check)
        }
      }
      disk.apply(operation)
      shown.apply(operation)
      exports.apply(operation, disk)
      if operation.isBarrier { try await cut(.everything, before: number + 1, check) }
    }
    try await cut(.nothing, before: operations.count, check)
  }

  private mutating func cut(
    _ loss: CrashDisk.Loss,
    before number: Int,
    _ check: (PowerCut) async throws -> Void
  ) async throws {
    let files = disk.files(after: loss, &random)
    guard seen.insert(files.hashValue).inserted else { return }
    let name = "power lost before operation \(number) of \(operations.count), \(loss) lost"
    try await check(
      PowerCut(
        files: files,
        shown: shown.lines,
        exports: exports.allowed,
        description: "\(name), \(naming) names, seed \(seed)"
      )
    )
  }
}

/// The lines of output files that a reader could have seen.
private struct ShownLines {
  private static let outputs: Set<String> = ["out.jsonl", "out.failed.jsonl"]

  private(set) var lines: Set<[UInt8]> = []
  /// The unfinished line at the end of each output.
  private var tails: [UInt64: [UInt8]] = [:]

  mutating func apply(_ operation: FileOperation) {
    switch operation {
    case .create(let name, let inode): tails[inode] = Self.outputs.contains(name) ? [] : nil
    case .write(let inode, _, let bytes):
      guard let tail = tails[inode] else { return }
      let parts = (tail + bytes).split(
        separator: UInt8(ascii: "\n"),
        omittingEmptySubsequences: false
      )
      lines.formUnion(parts.dropLast().map(Array.init))
      tails[inode] = parts.last.map(Array.init)
    case .resize(let inode, _): if tails[inode] != nil { tails[inode] = [] }
    case .sync, .rename, .unlink, .syncFolder: break
    }
  }
}

/// What `export` has put in the place of a file.
private struct ExportVersions {
  /// The oldest is what a disk may still hold, nil for no file.
  private(set) var allowed: [[UInt8]?] = [nil]

  mutating func apply(_ operation: FileOperation, _ disk: CrashDisk) {
    switch operation {
    case .rename(_, "copy.jsonl"): allowed.append(disk.current["copy.jsonl"])
    case .syncFolder: allowed = allowed.suffix(1)
    case .create, .write, .resize, .sync, .rename, .unlink: break
    }
  }
}
