/// The provider as a pure value: requests and times go in, decisions come out.
///
/// Times are durations since the start and must not go backwards.
package struct SimulatedProvider: Sendable {
  private let configuration: SimulatorConfiguration
  private let clock: WallClock
  private var accounts: [String: Account] = [:]
  private var keys: AcceptedKeys
  private var outages: [Range<Duration>]
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
    outages = configuration.outages
    var plans = Dictionary(configuration.keys.map { ($0.account, $0.plan) }) { first, _ in first }
    if plans.isEmpty { plans["default"] = configuration.defaultAccount }
    for (name, plan) in plans {
      accounts[name] = Account(name: name, plan: plan, seed: configuration.seed)
    }
  }

  /// Does as it is told, from now on.
  ///
  /// - Returns: What holds now, in JSON.
  /// - Throws: ``SimulatorError`` when there is no such account.
  @discardableResult
  package mutating func obey(_ order: Order, at now: Duration) throws(SimulatorError) -> String {
    switch order {
    case .keys(let change): return obey(change, at: now).text
    case .account(let name, let settings):
      guard accounts[name] != nil else {
        let names = accounts.keys.sorted().joined(separator: ", ")
        throw SimulatorError("there is no account '\(name)', only \(names)")
      }
      accounts[name]?.advance(to: now)
      accounts[name]?.apply(settings, at: now)
      return ("{\"account\":\(name),\"limits\":\(accounts[name]?.limits ?? "{}")}" as JSON).text
    case .outage(let time):
      outages = outages.filter { !$0.contains(now) } + [now..<now + time]
      return ("{\"outage_seconds\":\(Float(time.seconds))}" as JSON).text
    }
  }

  private mutating func obey(_ change: KeyChange, at now: Duration) -> JSON {
    keys.change(change, at: now)
    if let name = change.add?.account, accounts[name] == nil {
      accounts[name] = Account(name: name, plan: AccountPlan(), seed: configuration.seed)
    }
    return "{\"accounts\":\(JSON(keys.counts(at: now).mapValues { "\($0)" }))}"
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
    ledger.finish(exchange, at: now)
    let name = exchange.account ?? ""
    accounts[name]?.settle(exchange.completion, at: now)
    let account = accounts[name]
    var headers = exchange.wire.headers(
      requestID: exchange.requestID,
      processing: now - exchange.received,
      organisation: account?.organisation
    )
    if let account {
      var generator = SeededGenerator(seed: configuration.seed ^ UInt64(exchange.number))
      let limits = exchange.wire.limitHeaders(of: account, clock: clock, at: now)
      headers += account.headers.apply(to: limits, &generator)
    }
    headers.append(Header("content-type", "application/json"))
    headers.append(Header("date", clock.httpDate(at: now)))
    let style = configuration.retryAfterStyle
    if let header = exchange.retryAfter.flatMap({ style.header(for: $0, clock: clock, at: now) }) {
      headers.append(header)
    }
    return headers
  }

  /// What all requests add up to so far, in JSON, with the seconds from one on.
  package func ledger(since second: Int) -> String {
    ledger.summary(since: second).text
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
    accounts[account]?.advance(to: exchange.received)
    if let refusal = accounts[account]?.refusal {
      throw .terminal(refusal, regainsAccess: clock.nextMonth(at: exchange.received))
    }
    try check(fields, of: request, at: exchange.received)
    let answer = Answer(
      endpoint: endpoint,
      number: exchange.number,
      fields: fields,
      outputTokens: configuration.outputTokens,
      cachedShare: configuration.cachedShare,
      created: clock.epochSeconds(at: exchange.received)
    )
    let model = accounts[account]?.charge
    let bill = exchange.wire.bill(for: answer, maxTokens: fields.maxTokens, model: model)
    try accounts[account]?.admit(bill.admission, at: exchange.received)
    exchange.bill = bill
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
    if outages.contains(where: { $0.contains(now) }) { throw .overloaded }
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

  private func retryAfter(_ refusal: Refusal) -> Duration? {
    switch refusal {
    case .limitExceeded(let limit): limit.wait
    case .held(let wait): wait
    case .rateLimitFault, .overloaded: configuration.retryAfter.map { .seconds($0) }
    default: nil
    }
  }
}
