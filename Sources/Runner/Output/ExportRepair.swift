package import Jobs

/// Decides line by line how an output file is made to agree with the store.
///
/// Lines up to the recorded position are known to be on disk. After it, lines that are there stay,
/// so that a reader who follows the file sees nothing twice; from the first difference on the file
/// is cut and written again.
package struct ExportRepair: Sendable {
  /// What to do with the next line of the store.
  package enum Step: Sendable, Equatable {
    case keep
    /// Cut the file to `cut` bytes first where it is not nil, then append the line.
    case write(cut: Int?)
  }

  /// Where the next line belongs in the file.
  package private(set) var offset: Int
  /// The last result that was looked at.
  package private(set) var sequence: Int
  /// True while the file still has bytes to compare with.
  package private(set) var isComparing: Bool
  /// False for a file that is shorter than was recorded: what is written to it now is not on disk
  /// yet, although the file may soon be as long, so the record must not be believed any more.
  package let isWhole: Bool
  private let size: Int

  /// - Parameters:
  ///   - size: bytes in the file as it was found.
  ///   - recorded: how far it was known to be on disk; a shorter file is written from the start.
  package init(size: Int, recorded: ExportPosition?) {
    isWhole = (recorded?.offset ?? 0) <= size
    offset = isWhole ? recorded?.offset ?? 0 : 0
    sequence = isWhole ? recorded?.sequence ?? 0 : 0
    self.size = size
    isComparing = size > offset || !isWhole
  }

  /// The next result of the store.
  ///
  /// - Parameters:
  ///   - line: its line with the newline; empty where it belongs to another file.
  ///   - present: the file's bytes at ``offset``, read while ``isComparing``.
  package mutating func next(line: [UInt8], sequence: Int, present: [UInt8]) -> Step {
    self.sequence = sequence
    guard !line.isEmpty else { return .keep }
    let start = offset
    offset += line.count
    if isComparing, present == line { return .keep }
    defer { isComparing = false }
    return .write(cut: isComparing && size > start ? start : nil)
  }
}
