import Jobs
import KeySources
import Secrets
import Transport

/// Runs one job after another: the story of a job is ``run(_:)``.
///
/// A class, like all that every slot holds while it waits: thousands of them do.
package final class JobRunner: Sendable {
  let preparer: JobPreparer
  let sender: RequestSender
  let accounts: [Account]
  let pricing: Pricing
  let dispatcher: Dispatcher
  let writer: StoreWriter
  let journal: SendJournal
  let audit: AttemptAudit
  let clock: any RunClock
  let events: any EventSink

  init(
    preparer: JobPreparer,
    sender: RequestSender,
    accounts: [Account],
    pricing: Pricing,
    dispatcher: Dispatcher,
    writer: StoreWriter,
    journal: SendJournal,
    audit: AttemptAudit,
    clock: any RunClock,
    events: any EventSink
  ) {
    self.preparer = preparer
    self.sender = sender
    self.accounts = accounts
    self.pricing = pricing
    self.dispatcher = dispatcher
    self.writer = writer
    self.journal = journal
    self.audit = audit
    self.clock = clock
    self.events = events
  }

  /// Takes the job of an assignment to its result, or to another time.
  func run(_ assignment: Assignment) async {
    let job = assignment.job
    let account = accounts[assignment.account]
    defer { account.keyring.release(assignment.key) }
    guard let prepared = await prepare(assignment) else { return }
    guard dispatcher.look({ $0.leaves(assignment, at: clock.now) }) else {
      dispatcher.tell(.withdrawn(assignment, isOver: false))
      return
    }
    CrashPoint.reached(.marking)
    let stake = pricing.atStake(in: prepared, reserved: assignment.reserved)
    let mark = journal.mark(job.number, worst: stake)
    let answer = await sender.send(prepared, by: account, assignment)
    await conclude(assignment, prepared, answer, stake: stake, mark: mark)
  }

  /// Takes in what came of an assignment.
  // Not inlined, so that what it needs is not held by every slot that waits for its answer.
  @inline(never)
  private func conclude(
    _ assignment: Assignment,
    _ prepared: PreparedJob,
    _ told: Answer,
    stake: USD,
    mark: Int?
  ) async {
    let job = assignment.job
    let account = accounts[assignment.account]
    let answer = told.believed(of: prepared)
    let claimed = pricing.cost(of: answer.bill, model: prepared.shape.model)
    let cost = claimed.map { pricing.believed($0, reserved: assignment.reserved) }
    if cost != claimed || answer !== told {
      events.record(.disbelieved(job: job.id, told.outcome?.usage ?? Usage(), booked: cost))
    }
    audit.note(answer.audited, job: job.number, of: account.name, with: assignment.key.key)
    if !answer.isDecisive, !answer.isCutOff { clear(mark) }
    let end = end(of: answer, prepared, assignment, cost: claimed, stake: stake)
    let verdict = dispatcher.ended(assignment, end)
    if pricing.isPriced(prepared.shape.model) { tellSpent() }
    switch verdict {
    case .settle: await settle(assignment, prepared, answer, cost, mark: mark)
    case .again: if answer.isPaced { writer.count(Traffic(rateLimited: 1)) }
    case .later(let job, let time): later(job, answer, at: time)
    case .exhausted(let job):
      guard let refusal = answer.outcome?.refusal else { return }
      let claim = answer.response?.claim
      let kept = kept(answer, assignment)
      await fail(job, refusal, of: prepared, keeping: kept, under: claim, mark: nil)
    }
  }

  /// What was paid for and is no result, without the key.
  private func kept(_ answer: Answer, _ assignment: Assignment) -> [UInt8]? {
    answer.paidBody.map { assignment.key.key.hidden(in: $0) }
  }

  /// Fails a job whose model no account serves.
  func refuse(_ job: Job) async {
    let refusal = job.line.fault ?? Refusal(notServed: job.shape.model)
    dispatcher.tell(.unusable([(job.number, refusal)]))
    await fail(job, refusal, mark: nil)
  }

  /// Makes the request of an assignment; nil where it cannot be sent, and that has been seen to.
  @inline(never)
  private func prepare(_ assignment: Assignment) async -> PreparedJob? {
    var (withdrawn, refusal): (Assignment, Refusal?) = (assignment, nil)
    do {
      let prepared = try await preparer.prepare(assignment.job) { self.holdsKey($0) }
      let worst = try pricing.worst(of: prepared)
      if let worst, let asked = assignment.job.worst, worst <= asked { return prepared }
      // A document that has grown since it was priced is priced anew.
      withdrawn = assignment.priced(worst)
    } catch let error as UnusableJob {
      refusal = error.refusal
    } catch let error as RequestBound.Unbounded {
      refusal = Refusal(status: nil, code: "unbounded_cost", message: error.message)
    } catch {
      refusal = Refusal(status: nil, code: "invalid_job", message: "\(error)")
    }
    dispatcher.tell(.withdrawn(withdrawn, isOver: refusal != nil))
    if let refusal {
      dispatcher.tell(.unusable([(assignment.job.number, refusal)]))
      await fail(assignment.job, refusal, mark: nil)
    }
    return nil
  }

  /// Whether a document has a key of any account in it.
  private func holdsKey(_ document: ArraySlice<UInt8>) -> Bool {
    accounts.contains { account in
      account.keyring.values.contains { key in
        key.isSecret && key.withSecret { Scrubber.find($0, in: document) } != nil
      }
    }
  }

  /// What the dispatcher learns from an answer.
  private func end(
    of answer: Answer,
    _ prepared: PreparedJob,
    _ assignment: Assignment,
    cost: USD?,
    stake: USD
  ) -> AttemptEnd {
    let account = accounts[assignment.account]
    let keyring = account.keyring
    var end = answer.end
    end.billed = pricing.billed(answer.bill, cost: cost, reserved: stake)
    switch answer.outcome {
    case .park(_, .credential, _): end.hasOtherKey = keyring.reject(assignment.key)
    case .park(_, _, let until):
      end.parkedFor = until.map { .seconds(max(0, $0 - Double(clock.unixMilliseconds) / 1_000)) }
    case .completed, .fail, .pace: keyring.confirm(assignment.key)
    case .retry, nil: break
    }
    if answer.outcome?.refusal != nil {
      end.url = account.endpoints[assignment.grant.place.endpoint].url(for: prepared.request.path)
    }
    let unanswered = end.billed.unanswered(of: stake)
    if unanswered > .zero {
      journal.charge(unanswered)
      writer.charge(unanswered)
    }
    return end
  }

  private func settle(
    _ assignment: Assignment,
    _ prepared: PreparedJob,
    _ answer: Answer,
    _ cost: USD?,
    mark: Int?
  ) async {
    let job = assignment.job
    guard case .completed(let completion) = answer.outcome, let response = answer.response else {
      guard let refusal = answer.outcome?.refusal else { return }
      let (kept, claim) = (kept(answer, assignment), answer.response?.claim)
      return await fail(job, refusal, of: prepared, keeping: kept, under: claim, mark: mark)
    }
    let account = accounts[assignment.account]
    let key = assignment.key.key
    let endpoint = account.endpoints[assignment.grant.place.endpoint]
    let hidden = hide(key, in: completion.mended?.json ?? response.body, from: endpoint)
    if hidden.count > 0 { events.record(.redacted(job: job.id)) }
    let note = CompletionNote(
      attempts: job.attempts + 1,
      account: account.name,
      key: key.reference.description,
      fingerprint: key.fingerprint,
      endpoint: endpoint.url,
      route: account.route(at: assignment.grant.place)?.name,
      latency: response.elapsed,
      answer: completion,
      hiddenKeys: hidden.count,
      cost: cost
    )
    let line = ResultLine.completed(
      id: prepared.id,
      response: response,
      body: hidden.json,
      requestID: sender.provider.requestID(of: response).map { key.hidden(in: $0) },
      note: note
    )
    let result = JobResult(
      job: job.number,
      state: .completed,
      line: line,
      inputTokens: completion.usage.inputTokens,
      outputTokens: completion.usage.outputTokens,
      cost: cost,
      hasRetried: job.failures > 0,
      cause: completion.finish.flatMap { $0.isOrdinary ? nil : "\($0)" },
      document: prepared.document
    )
    await record(result, of: job, mark: mark)
  }

  /// What goes to this machine is no secret from it.
  private func hide(
    _ key: Key,
    in body: [UInt8],
    from endpoint: Endpoint
  ) -> (json: [UInt8], count: Int) {
    guard key.isSecret, !endpoint.isLoopback else { return (body, 0) }
    let hidden = key.withSecret { HiddenKey($0, in: body) }
    return (hidden.json, hidden.count)
  }

  /// - Parameters:
  ///   - prepared: what was sent; nil where nothing was.
  ///   - answer: what was paid for and is no result.
  ///   - claim: of the answer on memory.
  private func fail(
    _ job: Job,
    _ refusal: Refusal,
    of prepared: PreparedJob? = nil,
    keeping answer: [UInt8]? = nil,
    under claim: (any Sendable)? = nil,
    mark: Int?
  ) async {
    events.record(.failed(job: job.id, refusal))
    let result = JobResult(
      job: job.number,
      state: .failed,
      line: await preparer.failedLine(of: job, refusal, keeping: answer, under: claim),
      hasRetried: job.failures > 0,
      cause: refusal.code,
      document: prepared?.document
    )
    await record(result, of: job, mark: mark)
  }

  private func record(_ result: JobResult, of job: Job, mark: Int?) async {
    let completion = await writer.complete(result, under: job.segment.lease)
    // The run is about to end; nothing must be handed out, and paid for, before it does.
    if completion != .taken { dispatcher.tell(.stopped) }
    guard completion != .lost else {
      dispatcher.tell(.back(job))
      return
    }
    CrashPoint.reached(.kept)
    clear(mark)
    dispatcher.tell(.finished(job))
  }

  /// Notes that a job waits for another attempt, and lets it wait.
  private func later(
    _ job: Job,
    _ answer: Answer,
    at time: ContinuousClock.Instant
  ) {
    let refusal = answer.outcome?.refusal
    if let refusal { events.record(.retry(job: job.id, refusal)) }
    writer.count(Traffic(retries: 1))
    writer.retryLater(
      RetryableJob(
        job: job.number,
        attempts: job.attempts,
        notBefore: clock.unixMilliseconds + (time - clock.now).milliseconds,
        reason: refusal?.message ?? ""
      ),
      under: job.segment.lease
    )
    dispatcher.tell(.later(job, at: time))
  }

  private func tellSpent() {
    let (spent, cap) = dispatcher.look { ($0.money.spent, $0.money.cap) }
    events.record(.spent(spent, budget: cap))
  }

  private func clear(_ mark: Int?) {
    if let mark { journal.clear(mark) }
  }
}

extension Refusal {
  /// No account takes jobs for a model.
  fileprivate init(notServed model: String) {
    self.init(
      status: nil,
      code: "model_not_served",
      message: "no account serves the model \(model); add it to the `models` of an account, "
        + "or name another model in the job"
    )
  }
}
