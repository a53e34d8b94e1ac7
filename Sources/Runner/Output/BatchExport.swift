import JSON
package import Jobs

/// Writes the results of a batch to a file of its own.
package struct BatchExport: Sendable {
  /// What became of the results.
  package struct Outcome: Sendable {
    /// Lines that were written.
    package var written = 0
    /// The most results that may be missing, since the batch is damaged where they lie.
    package var unreadable = 0
    /// Results of both states that could be read.
    fileprivate var sound = 0
  }

  /// Results in one read of the batch.
  private static let page = 256

  private let inspector: any BatchInspector
  private let state: JobResult.State
  private let isOrdered: Bool
  private let shape: ExportShape?
  private let join: ExportJoin?

  /// - Parameters:
  ///   - isOrdered: whether results stand in the order of the input, as they do with a join.
  ///   - shape: how each is written; nil for the lines as they are.
  ///   - join: gives the lines of the jobs, where they are needed.
  package init(
    inspector: any BatchInspector,
    state: JobResult.State,
    isOrdered: Bool,
    shape: ExportShape? = nil,
    join: ExportJoin? = nil
  ) {
    self.inspector = inspector
    self.state = state
    self.isOrdered = isOrdered || join != nil
    self.shape = shape
    self.join = join
  }

  /// Makes a file of all results that are durable now; of a damaged batch, of all that can be read.
  ///
  /// - Throws: ``StoreError``; what is there is then as it was. A damaged batch cannot be written in
  ///   the order of its input.
  package func write(to place: ExportPlace) async throws -> Outcome {
    let overwrites = try place.mayOverwrite()
    var outcome = Outcome()
    try await OutputFile.replacing(place.path, overwrites: overwrites) { file in
      outcome = try await write(to: file)
      place.note(file)
    }
    return outcome
  }

  /// Appends them to a file or stream.
  ///
  /// - Throws: ``StoreError``.
  package func write(to file: OutputFile) async throws -> Outcome {
    var outcome = Outcome()
    let before = try counted()
    if let header = shape?.header { try await file.append([header]) }
    if let join {
      try await write(joining: join, to: file, &outcome)
    } else if isOrdered {
      try await writeInOrder(to: file, &outcome)
    } else {
      try await writeAll(to: file, &outcome)
    }
    // A page can lack results and look sound; others may have taken some back meanwhile.
    let known = isOrdered ? outcome.written : outcome.sound + outcome.unreadable
    outcome.unreadable += max(0, min(before, try counted()) - known)
    return outcome
  }

  /// How many results there should be, as far as that can be told: in the order of the input those of
  /// the state, else of both.
  private func counted() throws(StoreError) -> Int {
    if isOrdered {
      let summary = try inspector.summary()
      return state == .completed ? summary.completed : summary.failed
    }
    let summary = try readable { () throws(StoreError) in try inspector.summary() }
    let stored = try readable { () throws(StoreError) in try inspector.resultCount() }
    return max(summary.map { $0.completed + $0.failed } ?? 0, stored ?? 0)
  }

  private func writeInOrder(to file: OutputFile, _ outcome: inout Outcome) async throws {
    var last = -1
    while true {
      let results = try inspector.results(state, afterJob: last, limit: Self.page)
      guard let end = results.last else { return }
      try refuseDamaged(results)
      last = end.job
      try await append(results, to: file, &outcome)
    }
  }

  /// Writes them in the order of the input, with the lines of their jobs.
  private func write(
    joining join: ExportJoin,
    to file: OutputFile,
    _ outcome: inout Outcome
  ) async throws {
    for try await segment in inspector.segments {
      var lines: [JSONValue?]?
      var next = segment.firstJob
      let end = next + segment.jobCount
      while next < end {
        let limit = min(Self.page, end - next)
        let page = try inspector.results(state, afterJob: next - 1, limit: limit)
        let results = page.filter { $0.job < end }
        guard let last = results.last else { break }
        try refuseDamaged(results)
        let known = if let lines { lines } else { try await join.lines(of: segment) }
        lines = known
        try await append(results, to: file, &outcome) { job in
          let place = job - segment.firstJob
          return known.indices.contains(place) ? known[place] : nil
        }
        next = last.job + 1
      }
    }
  }

  private func refuseDamaged(_ results: [StoredResult]) throws(StoreError) {
    guard let damaged = results.first(where: { !$0.isSound }) else { return }
    throw StoreError(
      damaged: "the line of job \(damaged.job) is not what was written",
      at: inspector.path
    )
  }

  private func writeAll(to file: OutputFile, _ outcome: inout Outcome) async throws {
    var last = 0
    var bound: Int?
    while last < bound ?? .max {
      let (after, limit) = (last, Self.page)
      if let results = try readable({ () throws(StoreError) in
        try inspector.results(after: after, limit: limit)
      }) {
        guard let end = results.last else { return }
        try await append(results, to: file, &outcome)
        last = end.sequence
      } else {
        bound = try bound ?? inspector.sequenceBound()
        try await appendReadable(last + 1..<last + limit + 1, to: file, &outcome)
        last += limit
      }
    }
  }

  /// Appends the results of a range that can be read; the others are found by halving it.
  private func appendReadable(
    _ sequences: Range<Int>,
    to file: OutputFile,
    _ outcome: inout Outcome
  ) async throws {
    var rest = sequences
    while !rest.isEmpty {
      let range = rest
      guard let results = try readable({ () throws(StoreError) in try inspector.results(range) })
      else {
        guard rest.count > 1 else {
          outcome.unreadable += 1
          return
        }
        let middle = rest.lowerBound + rest.count / 2
        try await appendReadable(rest.lowerBound..<middle, to: file, &outcome)
        return try await appendReadable(middle..<rest.upperBound, to: file, &outcome)
      }
      // A page that stands where another should tells of other results.
      let ours = results.filter { rest.contains($0.sequence) }
      guard let last = ours.last else { return }
      try await append(ours, to: file, &outcome)
      rest = last.sequence + 1..<rest.upperBound
    }
  }

  /// What is read; nil where the batch is damaged there.
  private func readable<T>(_ read: () throws(StoreError) -> T) throws(StoreError) -> T? {
    do throws(StoreError) {
      return try read()
    } catch {
      guard error.code == .damaged else { throw error }
      return nil
    }
  }

  private func append(
    _ results: [StoredResult],
    to file: OutputFile,
    _ outcome: inout Outcome,
    input: (Int) -> JSONValue? = { _ in nil }
  ) async throws {
    let sound = results.filter(\.isSound)
    outcome.unreadable += results.count - sound.count
    outcome.sound += sound.count
    let ours = sound.filter { $0.state == state }
    outcome.written += ours.count
    let lines = ours.map { shape?.line(of: $0.line, input: input($0.job)) ?? $0.line }
    try await file.append(lines)
  }
}
