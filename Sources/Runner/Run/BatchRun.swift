package import Jobs
import KeySources
import Synchronization
package import Transport

/// A run of one batch, from opening its file to the last result.
package final class BatchRun: Sendable {
  /// How often it is looked whether all hope is lost: parked accounts open by time alone, and
  /// patience with them ends by time alone.
  private static let glance: Duration = .seconds(1)
  /// How often it is looked whether the batch is paused.
  private static let pauseInterval: Duration = .milliseconds(100)

  private let plan: RunPlan
  private let client: any HTTPClient
  private let clock: any RunClock
  private let events: any EventSink
  private let store: any BatchStore
  private let alarm: AlarmClock
  /// Beats until the last job has ended, also while a drain waits.
  private let pulse: AlarmClock
  private let stop = RunStop()
  private let audit: AttemptAudit
  /// Where the batch stood when the run began.
  private let before: BatchSummary
  /// Results files to which somebody may have written before it.
  private let changedResults: [String]
  private let workers = Mutex<Task<Void, Never>?>(nil)
  package let progress: RunProgress
  /// What has changed since the batch was run the last time.
  package let changes: ResumeChanges

  /// Opens the batch, creating it where there is none.
  ///
  /// - Throws: ``StoreError`` when the batch, its input or its output cannot be used.
  package init(
    _ plan: RunPlan,
    client: any HTTPClient,
    clock: any RunClock = SystemClock(),
    sinks: [any EventSink] = []
  ) async throws {
    self.plan = plan
    self.client = client
    self.clock = clock
    let move = InputMove(of: plan.files.batch, to: plan.input, isStated: plan.isInputMoved)
    changedResults = plan.files.changedResults()
    store = try Batches.open(
      plan.files.batch,
      input: move?.recorded ?? plan.input.batchInput,
      as: .worker(lease: plan.lease, onUnknown: plan.onUnknown),
      onWait: { wait in EventFan(sinks).record(.locked(wait)) }
    )
    audit = AttemptAudit(try AuditLog(plan.files.batch + "-audit"))
    audit.note(store.recovery)
    changes = try await Self.reconcile(plan, store, move)
    before = try await store.summary()
    var counters = RunCounters()
    counters.read = before.total
    counters.completed = before.completed
    counters.failed = before.failed
    counters.hosts = Set(plan.accounts.flatMap { $0.endpoints.map(\.host) }).sorted()
    progress = RunProgress(startingFrom: counters)
    events = EventFan([progress, audit] + sinks)
    for account in plan.accounts {
      account.keyring.observe { [events] event in
        account.heed(event)
        events.record(.key(account: account.name, event))
      }
    }
    alarm = AlarmClock(clock: clock)
    pulse = AlarmClock(clock: clock)
  }

  /// Brings the batch up to its input and settings.
  private static func reconcile(
    _ plan: RunPlan,
    _ store: any BatchStore,
    _ move: InputMove?
  ) async throws -> ResumeChanges {
    var changes = ResumeChanges()
    do {
      let settings = (plan.input.isQueue ? nil : plan.settings).map { settings in
        SettingsReconciler(
          settings: settings,
          store: store,
          place: plan.files.batch,
          onChanged: plan.onChanged
        )
      }
      let input = InputReconciler(
        input: plan.input,
        store: store,
        limit: plan.limit,
        onChanged: plan.onChanged
      )
      try await move?.settle(store, input)
      try await settings?.check()
      try await input.reconcile(try await store.summary(), store, &changes)
      try await settings?.record(in: store, &changes)
    } catch {
      try? store.close(isClean: true)
      throw error
    }
    return changes
  }

  /// What was left behind when earlier workers died.
  package var recovery: Recovery { store.recovery }

  /// Sends nothing more, lets what is in flight end, and makes ``execute()`` return.
  package func drain() { stop.stop(.interrupted) }

  /// Also cuts off what is in flight; its jobs go back and no attempt is charged.
  package func abort() {
    stop.stop(.aborted)
    cutOff()
  }

  /// Ends a drain that takes too long.
  package func cutOff() {
    workers.withLock { $0?.cancel() }
  }

  /// Runs jobs until every one has its result or the run stops.
  ///
  /// - Throws: ``StoreError`` when the batch cannot be used at all; once jobs run, failures are
  ///   reported as the report's reason to stop.
  package func execute() async throws -> RunReport {
    let start = clock.now
    let exporter = try await repairedExporter()
    let crew = try RunCrew(
      plan,
      store: store,
      exporter: exporter,
      before: before,
      client: client,
      clock: clock,
      alarm: alarm,
      events: events,
      audit: audit,
      stop: stop
    )
    stop.onStop { [self, alarm, dispatcher = crew.dispatcher, input = plan.input] in
      if cutsOff { cutOff() }
      alarm.stop()
      dispatcher.tell(.stopped)
      input.stopWaiting()
    }
    await work(crew)
    let (summary, causes) = try await close(crew)
    let lost = crew.journal.jobs
    let accounts = crew.dispatcher.report(plan.accounts)
    return RunReport(
      summary: summary.counting(
        unknown: lost.count,
        unanswered: lost.values.reduce(.zero, +)
      ),
      elapsed: clock.now - start,
      stop: stop.first,
      accounts: accounts,
      budget: plan.budget,
      results: ResultReport(causes),
      trouble: progress.snapshot.trouble ?? accounts.accounts.compactMap(\.trouble).first,
      isLimited: plan.limit != nil,
      cutOff: lost.count
    )
  }

  /// Whether nobody waits for what is in flight: the user does not, or nothing has ever come.
  private var cutsOff: Bool {
    switch stop.first {
    case .aborted: true
    case .unavailable: plan.heedsSilence
    default: false
    }
  }

  /// What shows the results, in files that agree with the batch.
  private func repairedExporter() async throws -> Exporter? {
    do {
      let exporter = try plan.files.exporter()
      try await exporter?.repair(from: store, changed: changedResults)
      return exporter
    } catch {
      try? store.close(isClean: true)
      throw error
    }
  }

  private func work(_ crew: RunCrew) async {
    let writing = Task { await stopOnFailure { try await crew.writer.run() } }
    let supporting = Task {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.stopOnFailure { try await crew.reader.run() } }
        group.addTask { await self.stopOnFailure { try await crew.claimer.run() } }
        group.addTask { await self.watchKeys(crew) }
        group.addTask { await self.heedPauses(of: crew.dispatcher) }
        group.addTask { await self.reportAccounts(of: crew) }
      }
    }
    let beating = Task { await stopOnFailure { try await beat(crew) } }
    let working = Task {
      await withDiscardingTaskGroup { group in
        for slot in 0..<plan.concurrency {
          group.addTask(executorPreference: client.executor(forTask: slot)) {
            while let work = await crew.dispatcher.next(for: slot) {
              switch work {
              case .send(let assignment): await crew.runner.run(assignment)
              case .refuse(let job): await crew.runner.refuse(job)
              }
            }
          }
        }
      }
    }
    workers.withLock { $0 = working }
    if cutsOff { working.cancel() }
    await working.value
    alarm.stop()
    crew.dispatcher.tell(.stopped)
    crew.writer.close()
    await writing.value
    await supporting.value
    pulse.stop()
    await beating.value
  }

  /// Is heard by the other workers of a queue, and hears what concerns its jobs.
  private func beat(_ crew: RunCrew) async throws {
    guard plan.input.isQueue else { return }
    let interval = min(.seconds(1), plan.lease / 6)
    repeat {
      let asked = clock.now
      let heartbeat = try await store.heartbeat()
      if heartbeat.isReborn {
        crew.journal.disown()
        events.record(.lostLease)
      }
      crew.dispatcher.tell(.heard(heartbeat, asked: asked))
      try await store.release(crew.dispatcher.look { $0.takeExhausted() })
      events.record(.stands(try await store.summary()))
    } while await pulse.sleep(until: clock.now + interval) == .elapsed
  }

  /// Keeps keys fresh, and looks now and then whether there is hope.
  private func watchKeys(_ crew: RunCrew) async {
    let watching = Task {
      await crew.keys.run { account, news in
        switch news {
        case .found(let isTrial):
          crew.dispatcher.tell(.keyFound(account: account, isTrial: isTrial))
        case .missing(let reason):
          crew.dispatcher.tell(.keyMissing(account: account, reason: reason))
        }
      }
    }
    while await alarm.sleep(until: clock.now + Self.glance) == .elapsed {
      crew.dispatcher.tell(.tick)
    }
    watching.cancel()
    await watching.value
  }

  /// Starts nothing new while somebody has paused the batch.
  private func heedPauses(of dispatcher: Dispatcher) async {
    let file = PauseFile(batch: plan.files.batch)
    var isPaused = false
    repeat {
      guard file.isThere != isPaused else { continue }
      isPaused.toggle()
      dispatcher.tell(.paused(isPaused))
      events.record(.paused(isPaused))
    } while await alarm.sleep(until: clock.now + Self.pauseInterval) == .elapsed
  }

  /// Keeps in the batch how its accounts stand, and what the provider last said of them.
  private func reportAccounts(of crew: RunCrew) async {
    var last = AccountsReport()
    var isSecond = true
    while true {
      let mark = crew.accountsChanged.mark
      let report = crew.dispatcher.report(plan.accounts, isSecond: isSecond)
      if report.accounts != last.accounts {
        crew.writer.report(report.json)
        events.record(.accounts(report))
      }
      last = report
      let next = clock.now + .seconds(1)
      let wake = await alarm.sleep(until: next, orRingSince: mark)
      if wake == .stopped { return }
      isSecond = wake == .elapsed
    }
  }

  /// Makes the jobs available again that failed alike: what made them fail is not theirs.
  private func takeBackFailures(of crew: RunCrew) async throws {
    let jobs = crew.dispatcher.look(\.failedAlike)
    guard !jobs.isEmpty else { return }
    _ = try await store.retry(.jobs(jobs))
    // A stream was shown no failures, and has what it was shown.
    if plan.files.stream == nil { try await crew.writer.repairExports(from: store) }
  }

  private func stopOnFailure(_ body: () async throws -> Void) async {
    do { try await body() } catch { stop.stop(.failed(error)) }
  }

  /// Where a batch stands that could not be written any more: what this run sent and spent is counted
  /// though it could not be stored.
  private func summaryAfterFailure(of crew: RunCrew) async -> BatchSummary {
    var summary = (try? await store.summary()) ?? before
    var traffic = before.traffic
    traffic += progress.snapshot.traffic
    if traffic.requestsSent > summary.traffic.requestsSent { summary.traffic = traffic }
    let spent = crew.dispatcher.look(\.money.spent)
    let lost = crew.journal.jobs.values.reduce(summary.unanswered, +)
    summary.cost = max(summary.cost, spent - lost)
    return summary
  }

  /// Hands leases back and closes the batch; says where it stands.
  private func close(_ crew: RunCrew) async throws -> (BatchSummary, [ResultCause]) {
    if case .failed = stop.first {
      try? audit.close()
      return (await summaryAfterFailure(of: crew), [])
    }
    if case .failingAlike = stop.first { try await takeBackFailures(of: crew) }
    try await store.release(crew.dispatcher.look(\.leases))
    try await crew.writer.repairChangedExports(from: store)
    let summary = try await store.summary()
    let causes = try await store.causes(ResultReport.most)
    try audit.close()
    try store.close(isClean: crew.journal.isClear)
    return (summary, causes)
  }
}
