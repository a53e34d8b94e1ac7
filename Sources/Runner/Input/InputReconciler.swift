import Jobs

/// What has changed since a batch was run the last time, for the user to know.
package struct ResumeChanges: Sendable, Equatable {
  /// Lines that are new, have changed, or are gone.
  package var added = 0
  package var changed = 0
  /// Jobs without an answer that are gone with their lines.
  package var dropped = 0
  /// Completed jobs whose lines are gone; their results stay.
  package var kept = 0
  /// Jobs with a result that are done again.
  package var again = 0
  /// Old results that stay although their line or settings have changed.
  package var outdated = 0
  /// Settings that have changed, in words.
  package var settings: [String] = []

  package init() {}

  package var isEmpty: Bool { self == ResumeChanges() }
}

/// Compares the input with what was queued of it, before a resumed batch goes on.
///
/// An input that is the same file, unchanged since it was read, is not read again.
struct InputReconciler {
  /// A changed input, beside what was queued of it.
  private struct Comparison {
    let jobs: StoredJobs
    let intake: Intake
    let change: InputChange
    let identity: FileIdentity?
  }

  let input: RunInput
  let store: any InputRecord
  let limit: Int?
  let onChanged: OnChanged

  private var isRerun: Bool { if case .rerun = onChanged { true } else { false } }

  /// Brings the batch up to its input.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` where completed jobs have other lines now and nobody
  ///   has said what to do with them; the batch is as it was then.
  func reconcile(
    _ summary: BatchSummary,
    _ ledger: any InputLedger,
    _ changes: inout ResumeChanges
  ) async throws {
    if let comparison = try await compare(summary) {
      try await apply(comparison, to: ledger, &changes)
    }
  }

  /// How many jobs of the input need nothing more; the batch stays as it is.
  ///
  /// - Parameter again: jobs by their numbers that are done again whatever the input says.
  /// - Throws: what ``reconcile(_:_:_:)`` throws.
  func finished(_ summary: BatchSummary, besides again: Set<Int>) async throws -> Int {
    let comparison = try await compare(summary)
    let stored = try await store.storedJobs()
    let again = again.union(comparison?.change.again(rerunsOutdated: isRerun) ?? [])
    return stored.states.indices.count { job in
      let place = comparison?.change.places[job] ?? (stored.states[job] == .kept ? -1 : job)
      return stored.states[job] != .waiting && !again.contains(job)
        && (0..<(limit ?? .max)).contains(place)
    }
  }

  /// What has changed; nil where the batch need not be brought up to it.
  private func compare(_ summary: BatchSummary) async throws -> Comparison? {
    guard summary.total > 0 else { return nil }
    var identity: FileIdentity?
    switch input.source {
    case .pipe:
      try await refuseAnotherStream()
      return nil
    case .queue: return nil
    case .folder: break
    case .file(let file):
      identity = try file.identity()
      if summary.isInputComplete, try await store.inputIdentity() == identity { return nil }
      if try await isIntact(file) { return nil }
    }
    let jobs = try await store.storedJobs()
    guard jobs.isMarked else {
      if let file = input.file { throw Self.incomparable(file) }
      return nil
    }
    let intake = try await intake(summary, keepsLines: identity == nil)
    let change = change(intake, jobs)
    if identity == nil, change.isAdditionOnly { return nil }
    if onChanged.refuses(change.outdated.count) {
      throw try await refusal(change.outdated, in: intake.drafts)
    }
    return Comparison(
      jobs: jobs,
      intake: intake,
      change: change,
      identity: intake.isFull ? nil : identity
    )
  }

  /// True where the input holds all that was queued, as it was.
  func holdsQueued(_ summary: BatchSummary) async throws -> Bool {
    switch input.source {
    case .file(let file): return try await isIntact(file)
    case .folder:
      let jobs = try await store.storedJobs()
      guard jobs.isMarked else { return false }
      return change(try await intake(summary, keepsLines: true), jobs).isAdditionOnly
    case .pipe, .queue: return true
    }
  }

  /// The whole input, as it is now.
  private func intake(_ summary: BatchSummary, keepsLines: Bool) async throws -> Intake {
    // Jobs that were queued under a higher limit stay queued.
    let limit = limit.map { max($0, summary.total) } ?? .max
    var intake = Intake(keepsLines: keepsLines, name: input.name, limit: limit)
    if case .folder = input.source { intake.isListing = true }
    intake.idField = input.idField
    for try await lines in input.lines() {
      for line in lines { intake.take(line) }
      if intake.isFull { break }
    }
    intake.finishSegment()
    return intake
  }

  private func change(_ intake: Intake, _ jobs: StoredJobs) -> InputChange {
    InputChange(from: jobs, to: intake.drafts.lazy.flatMap(\.marksOfJobs).compactMap { $0 })
  }

  private func apply(
    _ comparison: Comparison,
    to ledger: any InputLedger,
    _ changes: inout ResumeChanges
  ) async throws {
    let (jobs, change) = (comparison.jobs, comparison.change)
    let again = change.again(rerunsOutdated: isRerun)
    try await ledger.rebase(
      change.rebase(
        on: comparison.intake.drafts,
        from: jobs,
        again: again,
        identity: comparison.identity
      )
    )
    changes.added += change.added
    changes.changed += change.changed.count
    changes.dropped += change.dropped
    changes.kept += change.newlyKept
    changes.again += again.count { jobs.states[$0] != .waiting }
    changes.outdated += isRerun ? 0 : change.outdated.count
  }

  /// True when every queued line is where it was, so that the file at most goes on after them.
  private func isIntact(_ file: InputFile) async throws -> Bool {
    let loader = SegmentLoader(file: file, table: input.table)
    var end = 0
    do {
      for try await segment in store.segments {
        guard case .file(let offset, let length, _) = segment.source, !segment.source.isGone else {
          return false
        }
        if segment.isReadable {
          _ = try await loader.load(segment)
        } else if try await loader.lineLength(at: offset) != length {
          return false
        }
        end = offset + length
      }
    } catch let error as StoreError where error.code == .inputChanged {
      return false
    }
    return try await !loader.lineGoesOn(at: end)
  }

  /// Whoever pipes in another stream does not expect that the rest of the earlier one is sent as well.
  private func refuseAnotherStream() async throws {
    if case .allow = onChanged { return }
    let jobs = try await store.storedJobs()
    let left = jobs.states.count { $0 == .waiting }
    guard left > 0, jobs.isMarked, let line = try await input.firstLine() else { return }
    let id = (try? InputLine.parse(line.span, idField: input.idField))?.id
    let mark = id.map { JobMark.hash(id: $0) } ?? JobMark(ofBad: line).id
    guard !jobs.marks.contains(where: { $0?.id == mark }) else { return }
    throw StoreError(
      .inputChanged,
      "\(input.name) is another one than the batch was begun with, of which \(left) "
        + "\(left == 1 ? "job has" : "jobs have") no result yet; nothing was sent",
      at: "\(input.name):1",
      next: "pipe in the earlier one again, choose another output for this one, or add "
        + "--allow-changed to run the jobs of both"
    )
  }

  private static func incomparable(_ file: InputFile) -> StoreError {
    StoreError(
      .inputChanged,
      "the input has changed since its jobs were queued, and the batch, which an older version "
        + "began, does not tell which lines",
      at: file.path,
      next: "restore the file, or run the new one with another output"
    )
  }

  /// How many of the changed jobs a refusal lists.
  private static let listed = 20

  private func refusal(
    _ outdated: [InputChange.Changed],
    in drafts: [Segment]
  ) async throws -> StoreError {
    var lines: [String] = []
    for job in outdated.prefix(Self.listed) {
      lines.append(try await name(of: job.new, in: drafts))
    }
    if outdated.count > lines.count { lines.append("and \(outdated.count - lines.count) more") }
    let isOne = outdated.count == 1
    return StoreError(
      .inputChanged,
      "\(outdated.count) completed \(isOne ? "job is" : "jobs are") no longer what the input says; "
        + "nothing was sent or changed",
      lines,
      at: input.path,
      next:
        "add --allow-changed to keep \(isOne ? "its old result" : "their old results") and go on, "
        + "--rerun-changed to do \(isOne ? "it" : "them") again, or restore the input"
    )
  }

  /// A job as a refusal names it, such as `in.jsonl:12: job "a"`.
  private func name(of job: Int, in drafts: [Segment]) async throws -> String {
    let index = drafts.lastIndex { $0.firstJob <= job }
    guard let draft = index.map({ drafts[$0] }) else { return "job \(job + 1)" }
    let lines = try await SegmentLoader(input).load(draft).lines
    guard lines.indices.contains(job - draft.firstJob) else { return "job \(job + 1)" }
    let line = lines[job - draft.firstJob]
    if case .folder = input.source {
      return "\(input.name)/\(JobPreparer.documentPath(line.bytes.content))"
    }
    let id = (try? InputLine.parse(line.bytes.content.span, idField: input.idField))?.id ?? ""
    return "\(input.name):\(line.number): job \"\(id)\""
  }
}
