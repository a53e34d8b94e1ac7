import Jobs

/// Compares what requests are made with to what they were made with, before a resumed batch goes on.
struct SettingsReconciler {
  let settings: RequestSettings
  let store: any InputRecord
  /// The batch, as messages name it.
  let place: String
  let onChanged: OnChanged

  /// The settings of the jobs so far, where they were others.
  private func earlier() async throws -> RequestSettings? {
    let recorded = RequestSettings(json: try await store.settings())
    return recorded == settings ? nil : recorded
  }

  /// Changes nothing.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` where completed jobs were done with other settings and
  ///   nobody has said what to do with them.
  func check() async throws {
    guard let earlier = try await earlier() else { return }
    let completed = try await store.storedJobs().prompts(.completed).count
    if onChanged.refuses(completed) {
      throw refusal(settings.changes(since: earlier), completed)
    }
  }

  /// Takes note of the settings; failed prompts are tried again with new ones, and completed ones
  /// where that is wanted.
  func record(in ledger: any InputLedger, _ changes: inout ResumeChanges) async throws {
    let recorded = try await store.settings()
    guard recorded != settings.json else { return }
    if settings.budget == nil, let budget = RequestSettings(json: recorded)?.budget {
      changes.settings = ["there was a budget of \(budget), and this command states none"]
    }
    guard let earlier = try await earlier() else {
      return try await ledger.record(settings: settings.json, again: [])
    }
    let jobs = try await store.storedJobs()
    let again = again(of: jobs)
    changes.outdated += jobs.prompts(.completed).count { !again.contains($0) }
    try await ledger.record(settings: settings.json, again: again)
    changes.again += again.count
    let isConcerned = jobs.marks.contains { $0?.isPrompt ?? true }
    if isConcerned { changes.settings += settings.changes(since: earlier) }
  }

  /// Jobs that are done again with these settings, by their numbers.
  func again() async throws -> Set<Int> {
    guard try await earlier() != nil else { return [] }
    return again(of: try await store.storedJobs())
  }

  private func again(of jobs: StoredJobs) -> Set<Int> {
    let failed = Set(jobs.prompts(.failed))
    guard case .rerun = onChanged else { return failed }
    return failed.union(jobs.prompts(.completed))
  }

  private func refusal(_ changes: [String], _ completed: Int) -> StoreError {
    let isOne = completed == 1
    return StoreError(
      .inputChanged,
      changes.joined(separator: "; ")
        + "; \(completed) completed \(isOne ? "job was" : "jobs were") done before that, and nothing "
        + "was sent or changed",
      at: place,
      next: "add --allow-changed to keep \(isOne ? "its old result" : "their old results") and do "
        + "the rest the new way, --rerun-changed to do \(isOne ? "it" : "them") again, or run it as "
        + "before"
    )
  }
}
