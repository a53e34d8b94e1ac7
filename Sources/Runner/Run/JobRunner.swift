import Jobs
import KeySources
import Secrets
import Synchronization
import Transport

/// Runs one job after another: the story of a job is ``run(_:)``.
package struct JobRunner: Sendable {
  let preparer: JobPreparer
  let provider: any Provider
  let client: any HTTPClient
  let accounts: AccountPool
  let budget: Budget
  let feed: JobFeed
  let batcher: CompletionBatcher
  let journal: SendJournal
  let audit: AttemptAudit
  let clock: any RunClock
  let retries: RetryPolicy
  let deadlines: Deadlines
  /// Nil where no request is sent twice.
  let hedging: Hedging?
  let events: any EventSink

  /// So many refusals show that a job larger than a limit is not let through either.
  private static let mostRefusals = 3

  /// Takes a job to its result, or hands it back for another time.
  func run(_ job: Job) async {
    let prepared: PreparedJob
    do throws(UnusableJob) {
      prepared = try await preparer.prepare(job)
    } catch {
      return await fail(job, id: error.id, line: error.line, error.refusal, slot: nil)
    }
    guard accounts.serves(prepared.shape.model) else {
      let refusal = Refusal(notServed: prepared.shape.model)
      return await fail(job, id: prepared.id, line: prepared.line, refusal, slot: nil)
    }
    guard let reservation = await reserve(job, prepared) else { return }
    let permit: Account.Permit
    switch await accounts.admit(prepared, rank: job.rank) {
    case .permit(let given): permit = given
    case .closed:
      budget.giveBack(reservation)
      return feed.shelve(job, for: prepared.shape.model)
    case .stopped:
      budget.giveBack(reservation)
      return feed.giveBack(job)
    }
    guard feed.mayStart(job) else {
      accounts.withdraw(permit)
      budget.giveBack(reservation)
      return feed.giveBack(job)
    }
    let most = hedging == nil ? reservation.amount : reservation.amount + reservation.amount
    CrashPoint.reached(.marking)
    let slot = journal.mark(job.number, worst: most)
    let attempt = await attempt(prepared, permit, reservation, job: job.number)
    await conclude(job, prepared, attempt, slot: slot)
  }

  /// Takes in what came of the attempt that decides about the job.
  private func conclude(
    _ job: Job,
    _ prepared: PreparedJob,
    _ attempt: Attempt,
    slot: Int?
  ) async {
    let (permit, answer) = (attempt.permit, attempt.answer)
    defer { permit.account.keyring.release(permit.lease) }
    let cost = budget.close(attempt.reservation, answer.bill)
    audit.note(answer.audited, job: job.number, with: permit)
    switch answer.outcome {
    case .completed(let usage):
      await complete(job, prepared, permit, answer, usage, cost, slot: slot)
    case .fail(let refusal):
      accounts.answered(permit, usage: nil, elapsed: .zero, sighting: answer.sighting)
      await fail(job, id: prepared.id, line: prepared.line, refusal, slot: slot)
    case .retry(let refusal, let cause, let after):
      clear(slot)
      await retry(job, prepared, permit, answer, refusal, cause, after: after)
    case .pace(let refusal, let cause, let after):
      clear(slot)
      accounts.paced(permit, for: cause, wait: after, sighting: answer.sighting)
      batcher.count(Traffic(rateLimited: 1))
      await giveWay(job, prepared, permit, refusal, cause)
    case .park(let refusal, let reason, let until):
      // A credential never fails a job: it waits for a key that works.
      clear(slot)
      accounts.refused(permit, refusal, reason, until: until)
      feed.giveBack(job)
    case nil:
      abandon(job, permit, slot: answer.mayHaveLeft ? nil : slot)
    }
  }

  /// Holds the most that the job's request can cost; nil when the job is done with for now.
  private func reserve(_ job: Job, _ prepared: PreparedJob) async -> Budget.Reservation? {
    do throws(RequestBound.Unbounded) {
      if let reservation = try await budget.reserve(prepared) { return reservation }
      feed.giveBack(job)
    } catch {
      let refusal = Refusal(status: nil, code: "unbounded_cost", message: error.message)
      await fail(job, id: prepared.id, line: prepared.line, refusal, slot: nil)
    }
    return nil
  }

  /// What came of a request; no outcome when it was cut off by us.
  struct Answer: Sendable {
    var response: HTTPResponse?
    var outcome: Outcome?
    /// False when the request certainly never reached the provider.
    var mayHaveLeft = true
    /// What the response says about the account's limits.
    var sighting = LimitSighting.nothing
    /// False for signs of an outage, such as an unreachable host.
    var isAboutRequest = true

    var bill: Bill {
      Bill(outcome, status: response?.status, copies: response?.requestsSent, mayHaveLeft)
    }

    var audited: AttemptAudit.Outcome {
      switch outcome {
      case .completed: .completed
      case .fail: .failed
      case .retry: .retried
      case .pace: .paced
      case .park: .refused
      case nil: .cutOff
      }
    }
  }

  func send(_ prepared: PreparedJob, _ permit: Account.Permit) async -> Answer {
    guard permit.account.regions.allows(permit.address) else {
      let refusal = Refusal(outsideRegions: permit.account.regions, permit.address)
      return Answer(outcome: .park(refusal, .configuration, until: nil), mayHaveLeft: false)
    }
    events.record(.sent)
    defer { events.record(.returned) }
    do throws(TransportError) {
      let mapped = permit.account.models.request(prepared.request, prepared.shape)
      let request = HTTPRequest(
        url: permit.address.url(for: mapped.path),
        headers: try permit.account.headers(for: permit.lease),
        body: mapped.body,
        deadlines: deadlines
      )
      CrashPoint.reached(.sending)
      let response = try await client.send(request)
      CrashPoint.reached(.answered)
      batcher.count(Traffic(requestsSent: response.requestsSent))
      accounts.learn(provider.organisation(of:), from: response, about: permit.account)
      let time = Double(clock.unixMilliseconds) / 1_000
      let outcome = provider.outcome(of: response, path: prepared.request.path, at: time)
        .hiding(permit.key)
      return Answer(
        response: response,
        outcome: outcome,
        sighting: limitSighting(in: response, at: time),
        isAboutRequest: ![502, 503, 529].contains(response.status)
      )
    } catch {
      if error.code == .cancelled || error.code == .closed {
        return Answer(mayHaveLeft: error.requestMayHaveLeft)
      }
      batcher.count(Traffic(requestsSent: error.requestMayHaveLeft ? 1 : 0))
      return Answer(
        outcome: Outcome(error),
        mayHaveLeft: error.requestMayHaveLeft,
        isAboutRequest: error.requestMayHaveLeft
      )
    }
  }

  private func complete(
    _ job: Job,
    _ prepared: PreparedJob,
    _ permit: Account.Permit,
    _ answer: Answer,
    _ usage: Usage,
    _ cost: USD?,
    slot: Int?
  ) async {
    guard let response = answer.response else { return }
    accounts.answered(
      permit,
      usage: usage,
      elapsed: response.elapsed,
      sighting: answer.sighting
    )
    let note = CompletionNote(
      attempts: job.attempts + 1,
      account: permit.account.name,
      key: permit.key.reference.description,
      fingerprint: permit.key.fingerprint,
      endpoint: permit.address.url,
      latency: response.elapsed,
      usage: usage,
      cost: cost
    )
    let line = ResultLine.completed(
      id: prepared.id,
      response: response,
      requestID: provider.requestID(of: response),
      note: note
    )
    let result = JobResult(
      job: job.number,
      state: .completed,
      line: permit.key.withSecret { Scrubber.redact($0, in: line) },
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cost: cost,
      hasRetried: job.failures > 0
    )
    await record(result, of: job, slot: slot)
  }

  private func fail(
    _ job: Job,
    id: String,
    line: ArraySlice<UInt8>,
    _ refusal: Refusal,
    slot: Int?
  ) async {
    events.record(.failed(job: id, reason: refusal.message))
    let failed = InputLine.failedLine(line, number: job.lineNumber, refusal: refusal)
    let result = JobResult(
      job: job.number,
      state: .failed,
      line: failed,
      hasRetried: job.failures > 0
    )
    await record(result, of: job, slot: slot)
  }

  private func record(_ result: JobResult, of job: Job, slot: Int?) async {
    let completion = await batcher.complete(result, under: job.segment.lease)
    // The run is about to end; nothing must be handed out, and paid for, before it does.
    if completion != .taken { feed.stop() }
    guard completion != .lost else { return feed.giveBack(job) }
    CrashPoint.reached(.kept)
    clear(slot)
    feed.finish(job)
  }

  private func retry(
    _ job: Job,
    _ prepared: PreparedJob,
    _ permit: Account.Permit,
    _ answer: Answer,
    _ refusal: Refusal,
    _ cause: RetryCause,
    after wait: Duration?
  ) async {
    let now = clock.now
    let (isCharged, earliest) = accounts.failed(
      permit,
      job: job.number,
      cause: cause,
      wait: wait,
      answered: answer.response != nil,
      isAboutRequest: answer.isAboutRequest,
      othersWait: feed.hasUntriedJobs
    )
    if answer.response == nil { accounts.giveUpIfSilent(at: now, reason: refusal.message) }
    var job = job
    job.failures += 1
    job.attempts += isCharged ? 1 : 0
    guard job.attempts < retries.attempts else {
      return await fail(job, id: prepared.id, line: prepared.line, refusal, slot: nil)
    }
    events.record(.retry(job: prepared.id, reason: refusal.message))
    let delay = max(
      retries.delay(after: job.failures, asked: wait, random: .random(in: 0..<1)),
      earliest - now
    )
    batcher.count(Traffic(retries: 1))
    batcher.retryLater(
      RetryableJob(
        job: job.number,
        attempts: job.attempts,
        notBefore: clock.unixMilliseconds + delay.milliseconds,
        reason: refusal.message
      ),
      under: job.segment.lease
    )
    feed.retry(job, at: now + delay)
  }

  /// Hands back a job that was refused for its pace; one that is larger than a limit by itself
  /// fails after a few times, since no wait makes it fit.
  private func giveWay(
    _ job: Job,
    _ prepared: PreparedJob,
    _ permit: Account.Permit,
    _ refusal: Refusal,
    _ cause: PaceCause
  ) async {
    var job = job
    job.refusals += 1
    guard case .limit(let meter) = cause, job.refusals >= Self.mostRefusals,
      permit.account.state.withLock({ $0.isTooLarge(permit.grant, for: meter) })
    else { return feed.giveBack(job) }
    await fail(job, id: prepared.id, line: prepared.line, refusal, slot: nil)
  }

  private func abandon(_ job: Job, _ permit: Account.Permit, slot: Int?) {
    accounts.cancelled(permit)
    clear(slot)
    feed.giveBack(job)
  }

  private func clear(_ slot: Int?) {
    if let slot { journal.clear(slot) }
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

  /// Data would leave the regions where it may be.
  fileprivate init(outsideRegions regions: AllowedRegions, _ endpoint: Endpoint) {
    self.init(
      status: nil,
      code: "region_not_allowed",
      message: "\(endpoint) is in region \(endpoint.region ?? "unknown"), and `regions` allows "
        + "only \(regions.list); nothing was sent there"
    )
  }
}
