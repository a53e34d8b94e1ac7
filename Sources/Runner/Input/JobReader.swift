import JSON
package import Jobs

/// Reads the input from front to back and queues its jobs, while others already run.
///
/// A resumed batch is read on from where it stopped; what was queued before is only compared.
package struct JobReader: Sendable {
  private let run: RunInput
  private var input: InputSource { run.source }
  private let store: any BatchStore
  private let limit: Int
  private let onChanged: OnChanged
  private let append: @Sendable ([Segment], Bool) async throws -> Void

  /// - Parameters:
  ///   - limit: how many jobs of the input are queued at most.
  ///   - onChanged: what is done where a pipe gives other lines for jobs than it did before.
  ///   - append: stores segments; the flag says that they are the input's last.
  package init(
    _ input: RunInput,
    store: any BatchStore,
    limit: Int?,
    onChanged: OnChanged = .refuse,
    append: @escaping @Sendable ([Segment], Bool) async throws -> Void
  ) {
    run = input
    self.store = store
    self.limit = limit ?? .max
    self.onChanged = onChanged
    self.append = append
  }

  /// Queues everything that is not queued yet.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` when queued lines are no longer what they were.
  package func run() async throws {
    if case .queue = input { return }
    var identity: FileIdentity?
    if case .file(let file) = input {
      identity = try file.identity()
      let isComplete = try await store.summary().isInputComplete
      if isComplete, try await store.inputIdentity() == identity {
        return try await append([], true)
      }
    }
    try await read(identity)
  }

  /// Reads a file on from the end of its last queued segment; a pipe or a folder from the start.
  private func read(_ identity: FileIdentity?) async throws {
    var intake = Intake(keepsLines: identity == nil, name: run.name, limit: limit)
    if case .folder = input { intake.isListing = true }
    intake.idField = run.idField
    let end = try await restore(&intake)
    for try await lines in run.lines(from: end.offset, line: end.line, row: end.row) {
      for line in lines { intake.take(line) }
      try refuseChanged(intake.changed)
      // What a pipe has said is queued before more is waited for.
      if case .pipe = input { intake.finishSegment() }
      if intake.isFull { break }
      if !intake.drafts.isEmpty { try await append(intake.drafts, false) }
      intake.drafts = []
    }
    intake.finishSegment()
    run.tell(unnamed: intake.unnamedLines)
    try await append(intake.drafts, true)
    if let identity, !intake.isFull { try await store.recordInputIdentity(identity) }
  }

  /// What a pipe said before was queued as it was, and may have been sent.
  private func refuseChanged(_ changed: [(number: Int, id: String)]) throws {
    if case .allow = onChanged { return }
    guard !changed.isEmpty else { return }
    throw StoreError(
      .inputChanged,
      "the batch has other lines for \(changed.count == 1 ? "a job" : "jobs") than \(run.name) has now",
      changed.prefix(20).map { "\(run.name):\($0.number): job \"\($0.id)\"" },
      at: run.name,
      next: "pipe in what was piped before, choose another output, or add --allow-changed to leave "
        + "such jobs as they were queued; only a file can be run with --rerun-changed"
    )
  }

  /// Learns what was queued before.
  ///
  /// - Returns: where a file goes on behind that.
  private func restore(
    _ intake: inout Intake
  ) async throws -> (offset: Int, line: Int, row: Int) {
    guard case .file(let file) = input else {
      intake.skipsKnown = true
      for try await segment in store.segments { intake.restore(segment) }
      return (0, 1, 1)
    }
    let loader = SegmentLoader(run)
    var end = (offset: 0, line: 1, row: 1)
    for try await segment in store.segments {
      let line = intake.restore(segment, try await loader.load(segment))
      guard case .file(let offset, let length, _) = segment.source, !segment.source.isGone else {
        continue
      }
      end = (offset + length, line, segment.firstJob + segment.jobCount + 1)
    }
    guard try await loader.lineGoesOn(at: end.offset) else { return end }
    throw StoreError(
      .inputChanged,
      "the last queued line of the input has grown",
      at: file.path,
      next: "run the same command again: it compares the input line by line"
    )
  }

  /// Looks through a whole input without queueing anything.
  ///
  /// - Parameter settings: what goes into the requests besides; nil where that is not known yet.
  /// - Returns: how many lines are no jobs, and what is wrong with the first of them.
  package static func check(
    _ input: RunInput,
    settings: PromptSettings? = nil
  ) async throws -> (count: Int, first: String?) {
    var intake = Intake(keepsLines: false, name: input.name, limit: .max)
    intake.idField = input.idField
    var count = 0
    var first: String?
    func look() {
      for failure in intake.drafts.flatMap(\.failures) {
        count += 1
        first = first ?? FailedJob(line: failure.line.bytes)?.refusal.message
      }
      intake.drafts = []
    }
    for try await lines in input.lines() {
      for line in lines {
        intake.take(line)
        guard let fault = settings?.fault(of: line, idField: input.idField) else { continue }
        count += 1
        first = first ?? "\(input.name):\(line.number): \(fault.message)"
      }
      look()
    }
    intake.finishSegment()
    look()
    return (count, first)
  }
}
