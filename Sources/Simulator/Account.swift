/// One set of limits, shared by all keys of an organisation, project or workspace.
///
/// Its times must not go backwards.
struct Account: Sendable {
  /// A bucket of a meter.
  private struct Bucket: Sendable {
    let meter: Meter
    /// Whether it is enforced over a shorter interval that no header shows.
    let isHidden: Bool
    var tokens: TokenBucket
  }

  let name: String
  /// Whose it is, in the words of the headers that tell; nil where none does.
  private(set) var organisation: String?
  /// When output counts; nil is the wire's own way.
  private(set) var charge: ChargeModel?
  private(set) var refusal: TerminalRefusal?
  private(set) var headers = HeaderCondition.full
  private var rates: [Meter: Int] = [:]
  private var burst = Self.defaultBurst
  private var bursts: [Meter: Duration] = [:]
  private var subLimit: Duration?
  private var others = OtherUsers.nobody
  private var otherRequests: OtherRequests
  private var acceleration: AccelerationLimit?
  private var heldUntil: Duration = .zero
  private var buckets: [Bucket] = []
  /// The changes to come, the next one last.
  private var changes: [AccountPlan.Change]

  private static let defaultBurst = Duration.seconds(60)

  /// A rested account.
  ///
  /// - Parameter seed: The seed of its other users.
  init(name: String, plan: AccountPlan, seed: UInt64 = 0) {
    self.name = name
    changes = plan.changes.reversed()
    otherRequests = OtherRequests(seed: seed ^ fnv1a(name.utf8))
    apply(plan.settings, at: .zero)
  }

  // MARK: - What it is told

  /// Does everything that was to happen until now.
  mutating func advance(to now: Duration) {
    while let change = changes.last, change.time <= now {
      serveOthers(until: change.time)
      apply([change.setting], at: change.time)
      changes.removeLast()
    }
    serveOthers(until: now)
  }

  /// Changes settings from now on, all together.
  mutating func apply(_ settings: [AccountSetting], at now: Duration) {
    for setting in settings { set(setting, at: now) }
    arrangeBuckets(at: now)
  }

  private mutating func set(_ setting: AccountSetting, at now: Duration) {
    switch setting {
    case .rate(let meter, let perMinute): rates[meter] = perMinute
    case .burst(let meter?, let time): bursts[meter] = time
    case .burst(nil, let time): burst = time ?? Self.defaultBurst
    case .charge(let model): charge = model
    case .subLimit(let interval): subLimit = interval
    case .others(let users): others = users
    case .acceleration(let percent):
      acceleration = percent.map(AccelerationLimit.init(percentPerSecond:))
    case .refusal(let refusal): self.refusal = refusal
    case .hold(let time): heldUntil = now + time
    case .headers(let condition): headers = condition
    case .organisation(let name): organisation = name
    }
  }

  /// Makes the buckets those of the settings; what was in one stays in it.
  private mutating func arrangeBuckets(at now: Duration) {
    var granted = rates
    if rates[.inputTokens] != nil || rates[.outputTokens] != nil {
      granted[.tokens] = rates[.inputTokens, default: 0] + rates[.outputTokens, default: 0]
    }
    var wanted: [(Meter, isHidden: Bool, rate: Int, burst: Duration)] = []
    for meter in Meter.allCases {
      guard let rate = granted[meter] else { continue }
      wanted.append((meter, false, rate, bursts[meter] ?? burst))
      guard meter == .requests, let subLimit else { continue }
      wanted.append((meter, true, rate, subLimit))
    }
    buckets = wanted.map { meter, isHidden, rate, burst in
      let old = buckets.first { $0.meter == meter && $0.isHidden == isHidden }
      var tokens = old?.tokens ?? TokenBucket(perMinute: rate, burst: burst)
      tokens.change(perMinute: rate, burst: burst, share: 1 - others.evenShare, at: now)
      return Bucket(meter: meter, isHidden: isHidden, tokens: tokens)
    }
    otherRequests.change(to: others, requestsPerMinute: rates[.requests], at: now)
  }

  /// Lets the random requests of other users take what they ask for, into debt if need be: what
  /// they take does not depend on what we do.
  private mutating func serveOthers(until now: Duration) {
    while let request = otherRequests.popRequest(until: now) {
      for index in buckets.indices {
        let portion = otherRequests.portion(ofPerMinute: buckets[index].tokens.perMinute)
        let size = buckets[index].meter == .requests ? 1 : request.size
        buckets[index].tokens.charge(portion * size, at: request.time)
      }
    }
  }

  // MARK: - What it is asked

  /// Takes all demands together, or none and says why not.
  mutating func admit(_ demands: [Meter: Int], at now: Duration) throws(Refusal) {
    advance(to: now)
    if heldUntil > now { throw .held(heldUntil - now) }
    guard acceleration?.allows(at: now) ?? true else { throw .acceleration }
    if let exceeded = exceeded(by: demands, at: now) { throw .limitExceeded(exceeded) }
    settle(demands, at: now)
    acceleration?.count(at: now)
  }

  /// The meter that makes the demands wait longest, if any does.
  private func exceeded(by demands: [Meter: Int], at now: Duration) -> LimitExceeded? {
    var exceeded: LimitExceeded?
    for bucket in buckets {
      guard let amount = demands[bucket.meter] else { continue }
      let wait = bucket.tokens.wait(for: Double(amount), at: now)
      guard wait > exceeded?.wait ?? .zero else { continue }
      exceeded = LimitExceeded(
        meter: bucket.meter,
        perMinute: bucket.tokens.perMinute,
        wait: wait
      )
    }
    return exceeded
  }

  /// Charges work already done, or gives back what is below zero.
  mutating func settle(_ amounts: [Meter: Int], at now: Duration) {
    advance(to: now)
    for index in buckets.indices {
      guard let amount = amounts[buckets[index].meter] else { continue }
      buckets[index].tokens.charge(Double(amount), at: now)
    }
  }

  /// Counts a refused request, where the provider does so.
  mutating func forfeitRequest(at now: Duration) {
    advance(to: now)
    for index in buckets.indices where buckets[index].meter == .requests {
      buckets[index].tokens.forfeit(1, at: now)
    }
  }

  /// How a meter stands; nil where no limit is enforced.
  func standing(of meter: Meter, at now: Duration) -> MeterStanding? {
    guard let bucket = buckets.first(where: { $0.meter == meter && !$0.isHidden }) else {
      return nil
    }
    return MeterStanding(
      perMinute: bucket.tokens.perMinute,
      remaining: Int(bucket.tokens.remaining(at: now)),
      untilFull: bucket.tokens.untilFull(at: now)
    )
  }

  /// The limits in force and the share that others take.
  var limits: JSON {
    let rates: [String: JSON] = Meter.byRateName.compactMapValues { meter in
      self.rates[meter].map { "\($0)" }
    }
    return JSON(rates.merging(["others": "\(others.text)"]) { first, _ in first })
  }
}
