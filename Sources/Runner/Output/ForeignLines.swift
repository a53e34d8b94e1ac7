import Jobs

/// Finds what somebody else has written to a file of results.
///
/// Lines are shown only after their commit, so whatever this batch wrote is the start of what the
/// store has. A power cut can leave zeros in its place, and a writer that was killed a line without
/// its end.
struct ForeignLines {
  let state: JobResult.State
  let file: OutputFile
  let store: any JobStore

  /// Results in one read of the store.
  private static let page = 256
  /// Bytes in one read of the file.
  private static let chunk = 1 << 20
  /// How the line of a completed job begins.
  private static let start = Array("{\"id\":\"job_".utf8)

  /// Where the first line begins that this batch has not written; nil where there is none.
  ///
  /// - Parameters:
  ///   - offset: bytes that are known to be ours.
  ///   - sequence: the last result whose line is among them.
  ///   - size: of the file.
  func first(after offset: Int, _ sequence: Int, size: Int) async throws -> Int? {
    var (offset, sequence) = (offset, sequence)
    while offset < size {
      let page = try await store.results(after: sequence, limit: Self.page)
      guard let last = page.last else { break }
      let lines = page.filter { $0.state == state }.map { $0.line + [UInt8(ascii: "\n")] }
      var present = try await file.read(at: offset, count: lines.reduce(0) { $0 + $1.count })[...]
      for line in lines where offset < size {
        let isOurs = zip(present, line).allSatisfy { $0 == $1 || $0 == 0 }
        guard isOurs else { return try await isTorn(from: offset, size) ? nil : offset }
        present = present.dropFirst(line.count)
        offset += line.count
      }
      sequence = last.sequence
    }
    return try await isTorn(from: offset, size) ? nil : offset
  }

  /// Whether all that follows is zeros, or one line that lacks its end.
  private func isTorn(from start: Int, _ size: Int) async throws -> Bool {
    var offset = start
    var (isZero, hasEnd) = (true, false)
    while offset < size {
      let bytes = try await file.read(at: offset, count: min(Self.chunk, size - offset))
      guard !bytes.isEmpty else { break }
      isZero = isZero && bytes.allSatisfy { $0 == 0 }
      hasEnd = hasEnd || bytes.contains(UInt8(ascii: "\n"))
      offset += bytes.count
    }
    guard !isZero, !hasEnd else { return isZero }
    return try await file.read(at: start, count: Self.start.count) == Self.start
  }
}
