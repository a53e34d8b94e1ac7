import Transport

/// What came of a request; no outcome when it was cut off by us.
final class Answer: Sendable {
  let response: HTTPResponse?
  let outcome: Outcome?
  /// False when the request certainly never reached the provider.
  let mayHaveLeft: Bool
  /// Whether the connection broke before the request could leave, as another one may not.
  let isBroken: Bool
  /// What the response says about the account's limits.
  let sighting: LimitSighting
  /// False for signs of an outage, such as an unreachable host.
  let isAboutRequest: Bool

  init(
    response: HTTPResponse? = nil,
    outcome: Outcome? = nil,
    mayHaveLeft: Bool = true,
    isBroken: Bool = false,
    sighting: LimitSighting = .nothing,
    isAboutRequest: Bool = true
  ) {
    self.response = response
    self.outcome = outcome
    self.mayHaveLeft = mayHaveLeft
    self.isBroken = isBroken
    self.sighting = sighting
    self.isAboutRequest = isAboutRequest
  }

  /// The same with as much of what it says it used as can be true of its request.
  func believed(of prepared: PreparedJob) -> Answer {
    guard let outcome, let usage = outcome.usage else { return self }
    let believed = usage.believed(of: prepared.request, prepared.shape)
    guard believed != usage else { return self }
    return Answer(
      response: response,
      outcome: outcome.using(believed),
      mayHaveLeft: mayHaveLeft,
      sighting: sighting,
      isAboutRequest: isAboutRequest
    )
  }

  var bill: Bill {
    Bill(outcome, status: response?.status, copies: response?.requestsSent, mayHaveLeft)
  }

  /// Whether the job needs no other answer.
  var isDecisive: Bool {
    switch outcome {
    case .completed, .fail: true
    case .retry, .pace, .park, nil: false
    }
  }

  /// Whether we ended it after it may have left, so that the next run has to count it.
  var isCutOff: Bool { outcome == nil && mayHaveLeft }

  /// What came with a status of success and is no result; it has been paid for all the same.
  var paidBody: [UInt8]? {
    guard let response, (200..<300).contains(response.status) else { return nil }
    return switch outcome {
    case .fail, .retry: response.body
    case .completed, .pace, .park, nil: nil
    }
  }

  var isPaced: Bool {
    if case .pace = outcome { return true }
    return false
  }

  /// What the dispatcher learns from it, as far as the answer itself tells.
  var end: AttemptEnd {
    var end = AttemptEnd(outcome: outcome)
    end.mayHaveLeft = mayHaveLeft
    end.elapsed = response?.elapsed ?? .zero
    end.isAnswered = response != nil && outcome?.refusal?.isNoAnswer != true
    end.isAboutRequest = isAboutRequest
    end.isBroken = isBroken
    end.sighting = sighting
    end.bytes = response?.body.count ?? 0
    return end
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

extension Outcome {
  /// The provider's refusal; nil for a result.
  var refusal: Refusal? {
    switch self {
    case .completed: nil
    case .retry(let refusal, _, _), .pace(let refusal, _, _), .park(let refusal, _, _),
      .fail(let refusal):
      refusal
    }
  }
}
