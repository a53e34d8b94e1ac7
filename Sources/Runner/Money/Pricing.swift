package import Jobs

/// What requests can cost, and what they did.
package struct Pricing: Sendable {
  private let prices: Prices
  private let countsCacheInInput: Bool
  /// Whether there is a budget, so that the worst case of each request counts.
  package let isLimited: Bool

  package init(_ prices: Prices, provider: any Provider, isLimited: Bool) {
    self.prices = prices
    countsCacheInInput = provider.countsCacheInInput
    self.isLimited = isLimited
  }

  package func isPriced(_ model: String) -> Bool { prices[model] != nil }

  /// The most that a request can cost; zero without a budget, nil where its model has no price.
  ///
  /// - Throws: ``RequestBound/Unbounded`` where nothing bounds it.
  func worst(of job: PreparedJob) throws(RequestBound.Unbounded) -> USD? {
    guard isLimited else { return .zero }
    guard let price = prices[job.shape.model] else { return nil }
    let bound = try RequestBound(of: job.request, shape: job.shape)
    if job.shape.tier == .priority, price.tiers[.priority] == nil {
      throw RequestBound.Unbounded(
        reason: "what the service tier `priority` of \(job.shape.model) costs is not known here",
        next: "add `priority: 2`, or what it is, to its price, which `nightjar prices` prints"
      )
    }
    return price.worst(input: bound.input, output: bound.output, tier: job.shape.tier)
  }

  /// The most that a job's request can cost, which is made for this and let go.
  ///
  /// A budget is kept by what is sent, not by a guess. What cannot be sent costs nothing.
  func worst(of job: Job, _ preparer: JobPreparer) async -> USD? {
    guard let prepared = try? await preparer.prepare(job) else { return .zero }
    return (try? worst(of: prepared)) ?? (isPriced(prepared.shape.model) ? .zero : nil)
  }

  /// What a request is taken to have cost where its answer gets lost: what was set aside for it, and
  /// without a budget the most that it can cost; zero where that is unknown.
  ///
  /// - Parameter reserved: what was set aside.
  func atStake(in job: PreparedJob, reserved: USD) -> USD {
    guard !isLimited else { return reserved }
    guard let price = prices[job.shape.model],
      let bound = try? RequestBound(of: job.request, shape: job.shape)
    else { return .zero }
    return price.worst(input: bound.input, output: bound.output, tier: job.shape.tier)
  }

  /// What an answer cost; nil where that is unknown.
  func cost(of bill: Bill, model: String) -> USD? {
    switch bill {
    case .answered(let usage, _), .lost(let usage):
      prices[model]?.cost(of: usage, countsCacheInInput: countsCacheInInput)
    case .unknown, .none, .cutOff: nil
    }
  }

  /// Nobody can be billed for more than was set aside, so what is above is a mistake.
  ///
  /// - Parameter reserved: the most that it could cost.
  func believed(_ cost: USD, reserved: USD) -> USD { isLimited ? min(cost, reserved) : cost }

  /// What the end of a request means for a budget.
  ///
  /// - Parameters:
  ///   - reserved: the most that it could cost, as ``atStake(in:reserved:)`` says.
  ///   - cost: what ``cost(of:model:)`` says.
  func billed(_ bill: Bill, cost: USD?, reserved: USD) -> Billed {
    switch bill {
    case .answered(_, let copies):
      var unanswered = USD.zero
      for _ in 0..<copies { unanswered += reserved }
      return .answered(cost: cost ?? .zero, unanswered: unanswered)
    case .lost:
      let cost = cost.map { believed($0, reserved: reserved) }
      return .answered(cost: .zero, unanswered: cost ?? reserved)
    case .unknown: return .maybe(isKept: true)
    case .cutOff: return .maybe(isKept: false)
    case .none: return .nothing
    }
  }
}

/// What a request whose worst case was reserved turned out to cost.
package enum Billed: Sendable, Equatable {
  /// Its answer cost so much; copies of it that nobody answered may have cost more.
  case answered(cost: USD, unanswered: USD)
  /// It may have been billed in full; where that is not kept now, it is left in the journal of sends
  /// for the next run to count.
  case maybe(isKept: Bool)
  case nothing

  /// What is to be kept as cost without an answer.
  package func unanswered(of reserved: USD) -> USD {
    switch self {
    case .answered(_, let unanswered): unanswered
    case .maybe(let isKept): isKept ? reserved : .zero
    case .nothing: .zero
    }
  }
}
