package import Jobs

/// Reads the lines of claimed segments, and makes sure they are the lines that were queued.
package struct SegmentLoader: Sendable {
  private let file: InputFile?

  /// - Parameter file: the input file; nil where segments carry their lines.
  package init(file: InputFile?) {
    self.file = file
  }

  /// The bytes of a segment and the lines in them that are jobs; none where its lines were not kept
  /// or are gone.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` when the file was changed since it was queued.
  package func load(
    _ segment: Segment
  ) async throws -> (bytes: [UInt8], lines: [LineSplitter.Line]) {
    switch segment.source {
    case .inline(let bytes):
      return (bytes, LineSplitter.lines(of: bytes, firstLine: segment.firstLine))
    case .file(let offset, let length, let digest):
      guard let file, segment.isReadable else { return ([], []) }
      let bytes = try await file.read(at: offset, count: length)
      let lines = LineSplitter.lines(of: bytes, firstLine: segment.firstLine)
      let isUnchanged =
        digest.isEmpty
        ? Self.areSame(lines, as: segment.marks) : segment.source.matches(bytes[...])
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
      return (bytes, lines)
    }
  }

  /// Bytes of the line at `offset`, however long; nil at the end of the file.
  func lineLength(at offset: Int) async throws -> Int? {
    guard let file else { return nil }
    for try await lines in InputSource.file(file).lines(from: offset) {
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
