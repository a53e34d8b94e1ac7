package import Jobs

/// Reads the lines of claimed segments, and makes sure they are the lines that were queued.
package struct SegmentLoader: Sendable {
  private let file: InputFile?

  /// - Parameter file: the input file; nil where segments carry their lines.
  package init(file: InputFile?) {
    self.file = file
  }

  /// The bytes of a segment.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` when the file was changed since it was queued.
  package func bytes(of segment: ClaimedSegment) async throws -> [UInt8] {
    try await bytes(of: segment.source, firstLine: segment.firstLine)
  }

  func bytes(of source: SegmentSource, firstLine: Int) async throws -> [UInt8] {
    switch source {
    case .inline(let lines): return lines
    case .file(let offset, let length, let digest):
      guard let file, !digest.isEmpty else { return [] }
      let bytes = try await file.read(at: offset, count: length)
      guard source.matches(bytes[...]) else {
        throw StoreError(
          .inputChanged,
          "the input has changed since its jobs were queued (from line \(firstLine) on)",
          at: file.path,
          next: "restore the file, or run the new one with another output"
        )
      }
      return bytes
    }
  }
}
