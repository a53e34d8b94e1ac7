import Jobs
import Transport

/// What works together in a run, put together once.
final class RunCrew: Sendable {
  /// Bytes of the disk that are held back for each answer that may be on its way when it is full.
  private static let answerRoom = 16 << 10
  /// Bytes without which no request is sent: a short answer, and its place in the journal.
  private static let leastAnswerRoom = 2 << 10

  let dispatcher: Dispatcher
  let claimer: SegmentClaimer
  let writer: StoreWriter
  let journal: SendJournal
  let reader: JobReader
  let keys: KeyWatch
  let runner: JobRunner
  /// Rings when what the provider says of an account should outlive this process.
  let accountsChanged = AlarmClock.Bell()

  /// - Parameter before: where the batch stands.
  init(
    _ plan: RunPlan,
    store: any BatchStore,
    exporter: Exporter?,
    before: BatchSummary,
    client: any HTTPClient,
    clock: any RunClock,
    alarm: AlarmClock,
    events: any EventSink,
    audit: AttemptAudit,
    stop: RunStop
  ) throws {
    keys = KeyWatch(plan.accounts, alarm: alarm, clock: clock)
    dispatcher = Dispatcher(
      DispatchState(plan, before, clock),
      clock: clock,
      alarm: alarm
    ) { [keys, accountsChanged] action in
      switch action {
      case .findKey(let account): keys.find(account)
      case .stop(let reason): stop.stop(reason)
      case .parked, .rateLimited: alarm.ring(accountsChanged)
      default: break
      }
      if let event = RunEvent(action, of: plan.accounts) { events.record(event) }
    }
    writer = StoreWriter(
      store: store,
      exporter: exporter,
      journal: try AnswerJournal(
        in: store.files,
        room: plan.concurrency * Self.answerRoom,
        least: plan.concurrency * Self.leastAnswerRoom
      ),
      memory: plan.resultMemory,
      clock: clock,
      events: events,
      beforeCommit: { try audit.flush() },
      onProgress: { [dispatcher] in dispatcher.tell(.committed($0)) }
    )
    journal = try SendJournal(path: store.files.sent, capacity: plan.concurrency)
    let pricing = Pricing(plan.prices, provider: plan.provider, isLimited: plan.budget != nil)
    claimer = SegmentClaimer(plan, dispatcher, store, clock, pricing) { recovery in
      guard !recovery.workers.isEmpty else { return }
      audit.note(recovery)
      events.record(.takenOver(recovery))
    }
    reader = JobReader(plan, dispatcher, writer, store, events)
    runner = JobRunner(
      preparer: plan.preparer,
      sender: RequestSender(plan, writer, client, clock, events),
      accounts: plan.accounts,
      pricing: pricing,
      dispatcher: dispatcher,
      writer: writer,
      journal: journal,
      audit: audit,
      clock: clock,
      events: events
    )
  }
}

extension SegmentClaimer {
  fileprivate init(
    _ plan: RunPlan,
    _ dispatcher: Dispatcher,
    _ store: any JobStore,
    _ clock: any RunClock,
    _ pricing: Pricing,
    onRecovery: @escaping @Sendable (Recovery) -> Void
  ) {
    self.init(
      dispatcher,
      store: store,
      loader: JobLoader(
        file: plan.input.file,
        table: plan.input.table,
        preparer: plan.preparer
      ),
      clock: clock,
      endsWhenEmpty: plan.input.isQueue ? plan.untilEmpty : nil,
      pricing: pricing,
      preparer: plan.preparer,
      limit: plan.limit,
      onRecovery: onRecovery
    )
  }
}

extension JobReader {
  fileprivate init(
    _ plan: RunPlan,
    _ dispatcher: Dispatcher,
    _ writer: StoreWriter,
    _ store: any BatchStore,
    _ events: any EventSink
  ) {
    self.init(
      plan.input,
      store: store,
      limit: plan.limit,
      onChanged: plan.onChanged
    ) { segments, isLast in
      try await writer.append(segments, isLast: isLast)
      var unusable: [(job: Int, refusal: Refusal)] = []
      for failure in segments.flatMap(\.failures) {
        guard let failed = FailedJob(line: failure.line.bytes) else { continue }
        events.record(.failed(job: failed.id, failed.refusal))
        unusable.append((failure.job, failed.refusal))
      }
      // Beside lines that are jobs, bad ones tell nothing of the rest.
      let jobs = segments.reduce(0) { $0 + $1.jobCount }
      if !unusable.isEmpty, unusable.count == jobs { dispatcher.tell(.unusable(unusable)) }
      dispatcher.tell(.inputGrew(isComplete: isLast))
    }
  }
}

extension RequestSender {
  fileprivate init(
    _ plan: RunPlan,
    _ writer: StoreWriter,
    _ client: any HTTPClient,
    _ clock: any RunClock,
    _ events: any EventSink
  ) {
    self.init(
      provider: plan.provider,
      client: client,
      writer: writer,
      organisations: AccountOrganisations(accounts: plan.accounts.count) { account, other in
        events.record(.sharedOrganisation(account: account, other: other))
      },
      clock: clock,
      deadlines: plan.deadlines,
      events: events
    )
  }
}

extension DispatchState {
  /// - Parameter before: where the batch stands, with what it knows of its accounts.
  fileprivate init(_ plan: RunPlan, _ before: BatchSummary, _ clock: any RunClock) {
    let now = clock.now
    let known = AccountsReport(json: before.accounts).memories ?? []
    let isQueue = plan.input.isQueue
    var settings = Settings(lease: WorkerLease(length: isQueue ? plan.lease : nil, at: now))
    settings.retries = plan.retries
    settings.memory = plan.requestMemory
    settings.mostDelayed = 2 * plan.concurrency + 1_024
    settings.followsPrefix = plan.accounts.contains { $0.endpoints.count > 1 }
    settings.giveUpAfter = plan.giveUpAfter
    settings.heedsSilence = plan.heedsSilence
    settings.parkFor = plan.parkFor
    settings.keepsGoing = plan.keepsGoing
    settings.hadResults = before.completed > 0
    self.init(
      settings,
      accounts: AccountSet(
        plan.accounts.map { account in
          var state = account.initial
          if let memory = known.first(where: { $0.account == account.name })?.memory {
            state.remember(memory, at: now, unixMilliseconds: clock.unixMilliseconds)
          }
          return .init(models: account.models, state: state)
        }
      ),
      keys: AccountKeys(plan.accounts),
      money: BudgetState(cap: plan.budget, spent: before.spent),
      supply: SegmentSupply(
        isQueue ? .queue : .input,
        slots: plan.concurrency,
        segmentJobs: isQueue ? QueuedLine.segmentJobs : SegmentAssembler.jobs,
        memory: plan.lineMemory
      )
    )
  }
}

extension RunEvent {
  /// What an action of the dispatcher means for those who watch; nil for its own business.
  fileprivate init?(_ action: DispatchState.Action, of accounts: [Account]) {
    switch action {
    case .parked(let account, let reason):
      self = .parked(account: accounts[account].name, reason: reason)
    case .resumed(let account): self = .resumed(account: accounts[account].name)
    case .rateLimited(let account, let wait):
      self = .rateLimited(account: accounts[account].name, wait: wait)
    case .assign, .dismiss, .verdict, .claim, .wake, .findKey, .stop: return nil
    }
  }
}
