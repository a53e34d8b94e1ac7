package import Jobs

/// Reads the lines of claimed segments, and makes sure they are the lines that were queued.
package struct SegmentLoader: Sendable {
  private let file: InputFile?
  private let table: Table?

  /// - Parameters:
  ///   - file: the input file; nil where segments carry their lines.
  ///   - table: what it holds, where that is no lines.
  package init(file: InputFile?, table: Table? = nil) {
    self.file = file
    self.table = table
  }

  init(_ input: RunInput) { self.init(file: input.file, table: input.table) }

  /// The lines of a segment that are jobs; none where they were not kept or are gone.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` when the file was changed since it was queued.
  package func load(
    _ segment: Segment
  ) async throws -> LoadedLines {
    switch segment.source {
    case .inline(let bytes): return LoadedLines(of: bytes, firstLine: segment.firstLine)
    case .file(let offset, let length, let digest):
      guard let file, segment.isReadable else {
        return LoadedLines(bytes: [], lines: [], nextLine: segment.firstLine + 1)
      }
      let bytes = try await file.read(at: offset, count: length)
      let loaded = loaded(bytes, of: segment)
      let isUnchanged =
        digest.isEmpty
        ? Self.areSame(loaded.lines, as: segment.marks) : segment.source.matches(bytes[...])
      guard isUnchanged else {
        throw StoreError(
          .inputChanged,
          "the input has changed since its jobs were queued (from line \(segment.firstLine) on)",
          at: file.path,
          next: digest.isEmpty
            ? "run the same command again: it compares the input line by line"
            : "restore the file, or run the new one with another output"
        )
      }
      return loaded
    }
  }

  private func loaded(_ bytes: [UInt8], of segment: Segment) -> LoadedLines {
    let line = segment.firstLine
    return table?.lines(of: bytes, firstLine: line, firstRow: segment.firstJob + 1)
      ?? LoadedLines(of: bytes, firstLine: line)
  }

  /// Bytes of the line at `offset`, however long; nil at the end of the file.
  func lineLength(at offset: Int) async throws -> Int? {
    guard let file else { return nil }
    for try await lines in InputLines(.file(file), table, offset: offset, line: 1) {
      if let line = lines.first { return line.length }
    }
    return nil
  }

  /// True when the file has more of the line that ended, without a line break, at `end`.
  func lineGoesOn(at end: Int) async throws -> Bool {
    guard let file, end > 0 else { return false }
    let seam = try await file.read(at: end - 1, count: 2)
    return seam.count == 2 && !seam.contains(UInt8(ascii: "\n"))
  }

  /// True when the lines are, one by one, those that the marks were made of.
  private static func areSame(_ lines: [LineSplitter.Line], as marks: [JobMark]) -> Bool {
    lines.count == marks.count
      && zip(lines, marks).allSatisfy { line, mark in mark.matches(line.bytes.content) }
  }
}
