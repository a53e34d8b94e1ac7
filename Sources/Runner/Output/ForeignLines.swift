import Jobs

/// Finds what somebody else has written to a file of results.
///
/// Lines are shown only after their commit, so whatever this batch wrote is the start of what the
/// store has. A power cut can leave zeros in its place, and a writer that was killed a line without
/// its end.
struct ForeignLines {
  let state: JobResult.State
  let file: OutputFile
  /// A page of results in the order of their commits, after a place in it.
  let page: (_ after: Int) async throws -> [StoredResult]

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
      let results = try await page(sequence)
      guard let last = results.last else { break }
      let lines = results.filter { $0.state == state }.map { $0.line.bytes + [UInt8(ascii: "\n")] }
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

  /// Whether every line of the file is one of this batch, in whatever order, or a part of one that
  /// another follows: what is left of a file that was cut while it was written.
  ///
  /// - Parameter size: of the file.
  func areAbsent(size: Int) async throws -> Bool {
    var ours = Set<UInt64>()
    var sequence = 0
    while true {
      let results = try await page(sequence)
      guard let last = results.last else { break }
      for result in results where result.state == state { ours.insert(JobMark.hash(result.line)) }
      sequence = last.sequence
    }
    var (offset, rest) = (0, [UInt8]())
    while offset < size {
      let bytes = try await file.read(at: offset, count: min(Self.chunk, size - offset))
      guard !bytes.isEmpty else { break }
      offset += bytes.count
      rest += bytes
      var start = 0
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        guard isOurs(rest[start..<end], ours) else { return false }
        start = end + 1
      }
      rest.removeFirst(start)
    }
    return rest.isEmpty || rest.starts(with: lineStart)
  }

  /// How a line begins that may be of this file.
  private var lineStart: [UInt8] { state == .completed ? Self.start : Array("{\"".utf8) }

  private func isOurs(_ line: ArraySlice<UInt8>, _ ours: Set<UInt64>) -> Bool {
    if ours.contains(JobMark.hash(line)) { return true }
    guard line.starts(with: lineStart) else { return false }
    let starts = line.indices.dropFirst().filter { line[$0...].starts(with: lineStart) }
    return starts.contains { ours.contains(JobMark.hash(line[$0...])) }
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
