import Jobs

/// What has changed since a batch was run the last time, for the user to know.
package struct ResumeNews: Sendable, Equatable {
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

  package var isEmpty: Bool { self == ResumeNews() }
}

/// Compares the input with what was queued of it, before a resumed batch goes on.
///
/// An input that is the same file, unchanged since it was read, is not read again.
struct InputReconciler {
  let input: RunPlan.Input
  let store: SQLiteJobStore
  let limit: Int?
  let onChanged: OnChanged

  /// Brings the batch up to its input.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` where completed jobs have other lines now and nobody
  ///   has said what to do with them; the batch is as it was then.
  func reconcile(_ summary: BatchSummary, _ news: inout ResumeNews) async throws {
    guard summary.total > 0 else { return }
    switch input.source {
    case .pipe, .queue: return
    case .file(let file):
      let identity = try file.identity()
      if summary.isInputComplete, try await store.inputIdentity() == identity { return }
      if try await isIntact(file) { return }
      let jobs = try await store.storedJobs()
      guard jobs.isMarked else { throw Self.incomparable(file) }
      var intake = intake(summary, keepsLines: false)
      try await JobReader.scan(file, &intake) { _ in }
      try await apply(intake, to: jobs, identity: intake.isFull ? nil : identity, &news)
    case .folder(let folder):
      let jobs = try await store.storedJobs()
      guard jobs.isMarked else { return }
      var intake = intake(summary, keepsLines: true)
      intake.isListing = true
      try await JobReader.list(folder, &intake) { _ in }
      intake.finishSegment()
      guard !change(intake, jobs).isAdditionOnly else { return }
      try await apply(intake, to: jobs, identity: nil, &news)
    }
  }

  private func intake(_ summary: BatchSummary, keepsLines: Bool) -> Intake {
    // Jobs that were queued under a higher limit stay queued.
    let limit = limit.map { max($0, summary.total) } ?? .max
    return Intake(keepsLines: keepsLines, name: input.name, limit: limit)
  }

  private func change(_ intake: Intake, _ jobs: StoredJobs) -> InputChange {
    InputChange(from: jobs, to: intake.drafts.lazy.flatMap(\.marksOfJobs).compactMap { $0 })
  }

  private func apply(
    _ intake: Intake,
    to jobs: StoredJobs,
    identity: FileIdentity?,
    _ news: inout ResumeNews
  ) async throws {
    let change = change(intake, jobs)
    let outdated = change.outdated
    if case .refuse = onChanged, !outdated.isEmpty {
      throw try await refusal(outdated, in: intake.drafts)
    }
    let isRerun = if case .rerun = onChanged { true } else { false }
    let again = change.again(rerunsOutdated: isRerun)
    try await store.rebase(
      change.rebase(on: intake.drafts, from: jobs, again: again, identity: identity)
    )
    news.added += change.added
    news.changed += change.changed.count
    news.dropped += change.dropped
    news.kept += change.newlyKept
    news.again += again.count { jobs.states[$0] != .waiting }
    news.outdated += isRerun ? 0 : outdated.count
  }

  /// True when every queued line is where it was, so that the file at most goes on after them.
  private func isIntact(_ file: InputFile) async throws -> Bool {
    let loader = SegmentLoader(file: file)
    var last = 0
    var end = 0
    while let (number, draft) = try await store.segment(after: last) {
      last = number
      guard case .file(let offset, let length, _) = draft.source, !draft.source.isGone else {
        return false
      }
      do {
        _ = try await loader.bytes(
          of: draft.source,
          marks: draft.marks,
          firstLine: draft.firstLine
        )
      } catch let error as StoreError where error.code == .inputChanged {
        return false
      }
      end = offset + length
    }
    return try await !loader.lineGoesOn(at: end)
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
    in drafts: [SegmentDraft]
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
        + "nothing was sent or changed\n    " + lines.joined(separator: "\n    "),
      at: input.path,
      next:
        "add --allow-changed to keep \(isOne ? "its old result" : "their old results") and go on, "
        + "--rerun-changed to do \(isOne ? "it" : "them") again, or restore the input"
    )
  }

  /// A job as a refusal names it, such as `in.jsonl:12: job "a"`.
  private func name(of job: Int, in drafts: [SegmentDraft]) async throws -> String {
    let index = drafts.lastIndex { $0.firstJob <= job }
    guard let draft = index.map({ drafts[$0] }) else { return "job \(job + 1)" }
    let bytes = try await SegmentLoader(file: input.file).bytes(
      of: draft.source,
      marks: draft.marks,
      firstLine: draft.firstLine
    )
    let lines = LineSplitter.lines(of: bytes, firstLine: draft.firstLine)
    guard lines.indices.contains(job - draft.firstJob) else { return "job \(job + 1)" }
    let line = lines[job - draft.firstJob]
    if case .folder = input.source {
      return "\(input.name)/\(JobPreparer.documentPath(line.bytes.content))"
    }
    let id = (try? InputLine.parse(line.bytes.content.span))?.id ?? ""
    return "\(input.name):\(line.number): job \"\(id)\""
  }
}
