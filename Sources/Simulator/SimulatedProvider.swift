/// The provider as a pure value: requests and times go in, decisions come out.
///
/// Times are durations since the start and must not go backwards.
package struct SimulatedProvider: Sendable {
  private let configuration: SimulatorConfiguration
  private let clock: WallClock
  private var accounts: [String: Account] = [:]
  private var keys: AcceptedKeys
  /// The short names of keys that were presented.
  private var fingerprints: [String: String] = [:]
  /// How often each prompt has reached the dice.
  private var rolls: [UInt64: UInt64] = [:]
  private var received = 0
  private(set) var ledger = Ledger()

  /// A provider whose accounts are rested and whose keys are all good.
  package init(_ configuration: SimulatorConfiguration, clock: WallClock) {
    self.configuration = configuration
    self.clock = clock
    keys = AcceptedKeys(configuration)
    for key in configuration.keys where accounts[key.account] == nil {
      accounts[key.account] = Account(key)
    }
    if configuration.keys.isEmpty {
      accounts["default"] = Account(name: "default", limits: configuration.defaultLimits)
    }
  }

  /// Accepts and refuses keys as it is told, from now on.
  ///
  /// - Returns: How many keys of each account are accepted, in JSON.
  @discardableResult
  package mutating func change(_ change: KeyChange, at now: Duration) -> String {
    keys.change(change, at: now)
    if let name = change.add?.account, accounts[name] == nil {
      accounts[name] = Account(name: name, limits: Limits())
    }
    let counts = keys.counts(at: now).mapValues { "\($0)" as JSON }
    return ("{\"accounts\":\(JSON(counts))}" as JSON).text
  }

  /// Judges a request at its arrival, charges what its admission costs, and records it.
  package mutating func receive(_ request: ProviderRequest, at now: Duration) -> Exchange {
    received += 1
    var exchange = Exchange(number: received, request: request, at: now)
    do throws(Refusal) {
      try judge(request, as: &exchange)
    } catch {
      exchange.content = .refusal(error)
      exchange.retryAfter = retryAfter(error)
    }
    ledger.record(exchange.entry)
    return exchange
  }

  /// Charges what was produced, and gives the headers of the reply.
  package mutating func finish(_ exchange: Exchange, at now: Duration) -> [Header] {
    ledger.finish()
    var account = exchange.account.flatMap { accounts[$0] }
    if exchange.outputTokens > 0 {
      for (meter, amount) in exchange.wire.costs(ofAnswer: exchange.outputTokens) {
        account?.charge(amount, to: meter, at: now)
      }
    }
    var headers = exchange.wire.headers(
      requestID: exchange.requestID,
      processing: now - exchange.received,
      account: &account,
      clock: clock,
      at: now
    )
    if let account { accounts[account.name] = account }
    headers.append(Header("content-type", "application/json"))
    if let seconds = exchange.retryAfter {
      headers.append(Header("retry-after", String(seconds)))
    }
    return headers
  }

  // MARK: - One request, as a provider looks at it

  private mutating func judge(
    _ request: ProviderRequest,
    as exchange: inout Exchange
  ) throws(Refusal) {
    guard let endpoint = request.endpoint else { throw .unknownPath(request.path) }
    guard let key = request.wire.key(in: request), !key.isEmpty else { throw .missingKey }
    exchange.fingerprint = fingerprint(of: key)
    let name = try keys.account(of: key, at: exchange.received)
    exchange.account = name
    if endpoint == .models {
      exchange.content = .models(configuration.models.isEmpty ? ["any"] : configuration.models)
      return
    }
    do throws(Refusal) {
      try admit(request, to: endpoint, account: name, as: &exchange)
    } catch {
      if exchange.wire.countsRefusals {
        accounts[name]?.forfeitRequest(at: exchange.received)
      }
      throw error
    }
    try rollDice(for: &exchange)
  }

  private mutating func admit(
    _ request: ProviderRequest,
    to endpoint: Endpoint,
    account: String,
    as exchange: inout Exchange
  ) throws(Refusal) {
    let fields = try fields(of: request)
    exchange.promptHash = fnv1a(fields.prompts.joined(separator: "\n").utf8)
    try check(fields, of: request, at: exchange.received)
    let answer = Answer(
      endpoint: endpoint,
      number: exchange.number,
      fields: fields,
      outputTokens: configuration.outputTokens,
      created: clock.epochSeconds(at: exchange.received)
    )
    let demands = exchange.wire.demands(of: answer.rehearsals, maxTokens: fields.maxTokens)
    if let exceeded = accounts[account]?.admit(demands, at: exchange.received) {
      throw .limitExceeded(exceeded)
    }
    exchange.content = .answer(answer)
  }

  private mutating func fingerprint(of key: String) -> String {
    if let known = fingerprints[key] { return known }
    let fingerprint = configuration.fingerprint(key)
    fingerprints[key] = fingerprint
    return fingerprint
  }

  private func fields(of request: ProviderRequest) throws(Refusal) -> RequestFields {
    switch request.content {
    case .tooLarge: throw .bodyTooLarge
    case .unreadable: throw .unreadableBody
    case .fields(let fields): fields
    }
  }

  /// Everything for which a provider refuses a request before it looks at limits.
  private func check(
    _ fields: RequestFields,
    of request: ProviderRequest,
    at now: Duration
  ) throws(Refusal) {
    if let missing = request.wire.missingField(in: fields, of: request) {
      throw .missingField(missing)
    }
    if let field = fields.fieldBelowOne { throw .belowOne(field) }
    if fields.stream == true { throw .unsupportedStreaming }
    if let model = fields.model, !configuration.models.isEmpty,
      !configuration.models.contains(model)
    {
      throw .unknownModel(model)
    }
    if configuration.outages.contains(where: { $0.contains(now) }) { throw .overloaded }
    let isUnacceptable = configuration.failingPrompts.contains { text in
      fields.prompts.contains { $0.contains(text) }
    }
    if isUnacceptable { throw .unacceptablePrompt }
  }

  /// Decides the fate of an admitted request by its seed, its prompt and its turn.
  private mutating func rollDice(for exchange: inout Exchange) throws(Refusal) {
    let hash = exchange.promptHash ?? 0
    let turn = rolls[hash, default: 0]
    rolls[hash] = turn + 1
    var seeds = SeededGenerator(seed: hash ^ configuration.seed)
    var generator = SeededGenerator(seed: seeds.next() &+ turn)
    switch configuration.faults.roll(&generator) {
    case .rateLimit: throw .rateLimitFault
    case .serverError: throw .serverError
    case .overloaded: throw .overloaded
    case .reset: exchange.delivery = .reset
    case .truncate: exchange.delivery = .truncated
    case .malformed: exchange.delivery = .malformed
    case .slow: exchange.delivery = .slow
    case .hang: exchange.delivery = .hang
    case nil: break
    }
    exchange.latency = configuration.latency.sample(&generator)
  }

  private func retryAfter(_ refusal: Refusal) -> Int? {
    switch refusal {
    case .limitExceeded(let limit): Int(limit.wait.seconds.rounded(.up))
    case .rateLimitFault, .overloaded: configuration.retryAfter
    default: nil
    }
  }
}
