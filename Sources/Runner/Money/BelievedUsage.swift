import Jobs

extension Usage {
  /// A provider may count what nobody sent, such as instructions of its own, but not so many times what
  /// bounds the request, and so many tokens more.
  private static let most = (times: 10, more: 100_000)

  /// As much of it as can be true of the answer to a request.
  package func believed(of request: ProviderRequest, _ shape: RequestShape) -> Usage {
    let largest = max(inputTokens, outputTokens, cacheRead, cacheCreation)
    guard largest > Self.most.more, let bound = try? RequestBound(of: request, shape: shape) else {
      return self
    }
    let limit = { (tokens: Int) in
      Int(clamping: Int128(tokens) * Int128(Self.most.times) + Int128(Self.most.more))
    }
    let (input, output) = (limit(bound.input), limit(bound.output))
    return Usage(
      inputTokens: min(inputTokens, input),
      outputTokens: min(outputTokens, output),
      cacheRead: min(cacheRead, input),
      cacheCreation: min(cacheCreation, input),
      tier: tier
    )
  }
}

extension Outcome {
  /// What the answer says it used, whether it is a result or not; nil where it says nothing.
  var usage: Usage? {
    if case .completed(let answer) = self { return answer.usage }
    return refusal?.paid
  }

  /// The same with as much of what it used as is believed.
  func using(_ usage: Usage) -> Outcome {
    switch self {
    case .completed(var answer):
      answer.usage = usage
      return .completed(answer)
    case .retry(let refusal, let cause, let after):
      return .retry(refusal.paid(usage), cause, after: after)
    case .pace(let refusal, let cause, let after):
      return .pace(refusal.paid(usage), cause, after: after)
    case .park(let refusal, let reason, let until):
      return .park(refusal.paid(usage), reason, until: until)
    case .fail(let refusal): return .fail(refusal.paid(usage))
    }
  }
}

extension Refusal {
  fileprivate func paid(_ usage: Usage) -> Refusal {
    Refusal(status: status, code: code, message: message, requestID: requestID, paid: usage)
  }
}
