import Jobs
import KeySources
import Synchronization
import Transport

/// What hedging goes by, for all jobs of a run.
package final class Hedging: Sendable {
  private let control: Mutex<HedgeControl>

  package init(_ policy: HedgePolicy) {
    control = Mutex(HedgeControl(policy))
  }

  var age: Duration? { control.withLock { $0.age } }

  func sent(tokens: Double) { control.withLock { $0.sent(tokens: tokens) } }

  func answered(after latency: Duration) { control.withLock { $0.answered(after: latency) } }

  /// A second request that may leave: within the budget, and where there is room at once.
  func take(tokens: Double, _ admit: () -> Account.Permit?) -> Account.Permit? {
    guard control.withLock({ $0.take(tokens: tokens) }) else { return nil }
    let permit = admit()
    if permit == nil { control.withLock { $0.giveBack(tokens: tokens) } }
    return permit
  }
}

// Sending a slow request twice.
extension JobRunner {
  /// A request of a job and what came of it.
  struct Attempt: Sendable {
    let permit: Account.Permit
    var answer: Answer

    /// True when the job needs no other answer.
    var isDecisive: Bool {
      switch answer.outcome {
      case .completed, .fail: true
      case .retry, .pace, .park, nil: false
      }
    }
  }

  private enum RaceEvent: Sendable {
    case ended(Attempt)
    case mayHedge(Account.Permit)
    case mayNotHedge
  }

  /// How often it is looked whether a slow request may be sent a second time.
  private static let glance: Duration = .seconds(1)

  /// Sends a job's request, and a second one when it takes long; the first good answer wins.
  ///
  /// - Returns: the attempt that decides about the job; the other one has been settled.
  func race(
    _ prepared: PreparedJob,
    job: Int,
    _ first: Account.Permit,
    _ hedging: Hedging
  ) async -> Attempt {
    hedging.sent(tokens: prepared.shape.estimatedTokens)
    let over = AlarmClock.Bell()
    let start = over.mark
    return await withTaskGroup(of: RaceEvent.self) { group in
      group.addTask { .ended(await attempt(prepared, first)) }
      group.addTask { await waitToHedge(prepared, first, hedging, until: start) }
      var running = 1
      var winner: Attempt?
      for await event in group {
        switch event {
        case .mayNotHedge: break
        case .mayHedge(let second):
          if winner != nil {
            accounts.withdraw(second)
          } else {
            running += 1
            group.addTask { .ended(await attempt(prepared, second)) }
          }
        case .ended(let attempt):
          running -= 1
          if winner == nil, attempt.isDecisive || running == 0 {
            winner = attempt
            accounts.alarm.ring(over)
            group.cancelAll()
          } else {
            lose(attempt, job: job)
          }
        }
      }
      if let elapsed = winner?.answer.response?.elapsed { hedging.answered(after: elapsed) }
      return winner ?? Attempt(permit: first, answer: Answer())
    }
  }

  private func attempt(_ prepared: PreparedJob, _ permit: Account.Permit) async -> Attempt {
    Attempt(permit: permit, answer: await send(prepared, permit))
  }

  private func waitToHedge(
    _ prepared: PreparedJob,
    _ first: Account.Permit,
    _ hedging: Hedging,
    until over: AlarmClock.Mark
  ) async -> RaceEvent {
    while !Task.isCancelled {
      let now = clock.now
      let due = hedging.age.map { first.grant.sentAt + $0 }
      if let due, due <= now {
        let second = hedging.take(tokens: prepared.shape.estimatedTokens) {
          accounts.admitAtOnce(prepared, besides: first)
        }
        if let second { return .mayHedge(second) }
      }
      let next = due.flatMap { $0 > now ? $0 : nil } ?? now + Self.glance
      guard await accounts.alarm.sleep(until: next, orRingSince: over) == .elapsed else { break }
    }
    return .mayNotHedge
  }

  /// Settles an attempt whose job goes by another one: its account learns from it, the job does not.
  private func lose(_ attempt: Attempt, job: Int) {
    let (permit, answer) = (attempt.permit, attempt.answer)
    audit.note(answer.audited, job: job, with: permit)
    defer { permit.account.keyring.release(permit.lease) }
    switch answer.outcome {
    case .completed(let usage):
      accounts.answered(
        permit,
        usage: usage,
        elapsed: answer.response?.elapsed ?? .zero,
        sighting: answer.sighting
      )
    case .fail:
      accounts.answered(permit, usage: nil, elapsed: .zero, sighting: answer.sighting)
    case .retry(_, let cause, let after):
      _ = accounts.failed(
        permit,
        job: job,
        cause: cause,
        wait: after,
        answered: answer.response != nil,
        isAboutRequest: answer.isAboutRequest,
        othersWait: true
      )
    case .pace(_, let cause, let after):
      accounts.paced(permit, for: cause, wait: after, sighting: answer.sighting)
      batcher.count(Traffic(rateLimited: 1))
    case .park(let refusal, let reason, let until):
      accounts.refused(permit, refusal, reason, until: until)
    case nil:
      accounts.cancelled(permit, left: answer.mayHaveLeft)
      batcher.count(Traffic(requestsSent: answer.mayHaveLeft ? 1 : 0))
    }
  }
}

extension RequestShape {
  /// Tokens that a request takes at most, as far as its body tells.
  fileprivate var estimatedTokens: Double { Double(bytes) / 4 + Double(maxTokens ?? 0) }
}
