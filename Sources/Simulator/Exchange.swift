/// One request and what the provider decided about it.
package struct Exchange: Sendable {
  let number: Int
  let path: String
  let wire: any WireFormat
  let received: Duration
  var account: String?
  /// The short name of the key that was presented, good or not.
  var fingerprint: String?
  var promptHash: UInt64?
  var content: Content
  /// How long the answer takes; refusals come at once.
  package var latency: Duration = .zero
  /// What happens to the answer on its way.
  package var delivery = Delivery.whole
  /// What its admission cost and its answer will; nil when it was not admitted.
  var bill: Bill?
  /// How long the client is told to wait.
  var retryAfter: Duration?

  enum Content: Sendable {
    case answer(Answer)
    case models([String])
    case refusal(Refusal)
  }

  init(number: Int, request: ProviderRequest, at now: Duration) {
    self.number = number
    path = request.path
    wire = request.wire
    received = now
    content = .refusal(.unknownPath(request.path))
  }

  var requestID: String { identifier("req_", number) }

  /// The status and the body, which a malformed delivery cuts short.
  package var reply: (status: Int, body: String) {
    switch content {
    case .answer(let answer):
      let body = wire.body(of: answer).text
      return (200, delivery == .malformed ? String(body.prefix(body.count * 2 / 3)) : body)
    case .models(let names):
      return (200, wire.models(names).text)
    case .refusal(let refusal):
      let (status, body) = wire.refuse(refusal, requestID: requestID)
      return (status, body.text)
    }
  }

  /// The output tokens that were produced, whether or not they arrive whole.
  var outputTokens: Int {
    guard case .answer(let answer) = content, delivery != .hang else { return 0 }
    return answer.outputTokens
  }

  /// What is charged when it is finished: nothing while an answer hangs.
  var completion: [Meter: Int] {
    guard let bill, delivery != .hang else { return [:] }
    return bill.completion(outputTokens: outputTokens)
  }

  /// The exchange as the ledger records it.
  var entry: LedgerEntry {
    var (inputTokens, cachedTokens) = (0, 0)
    var status: Int? = 200
    var outcome = delivery.rawValue
    switch content {
    case .refusal(let refusal):
      let code = wire.refuse(refusal, requestID: requestID).status
      status = code
      outcome = String(code)
    case .answer where delivery == .hang:
      status = nil
    case .answer(let answer):
      (inputTokens, cachedTokens) = wire.reportedInput(of: answer)
    case .models:
      break
    }
    return LedgerEntry(
      number: number,
      time: received,
      path: path,
      account: account,
      fingerprint: fingerprint,
      promptHash: promptHash,
      requestID: requestID,
      outcome: outcome,
      status: status,
      inputTokens: inputTokens,
      cachedTokens: cachedTokens,
      outputTokens: outputTokens
    )
  }
}

/// What happens to an answer on its way.
package enum Delivery: String, Sendable {
  /// It arrives as it was sent.
  case whole = "served"
  /// Half of the body arrives, then a TCP reset.
  case reset
  /// Less arrives than Content-Length announces.
  case truncated
  /// It arrives whole, but its JSON was cut short.
  case malformed
  /// Some of it arrives slowly, and the rest never.
  case slow
  /// Nothing ever arrives.
  case hang
}
