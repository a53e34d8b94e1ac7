package import Jobs

/// What a model costs.
package struct Price: Sendable, Equatable {
  /// Dollars for a million tokens, by what the tokens are.
  package struct Rates: Sendable, Equatable {
    package var input: USD
    package var output: USD
    /// Input read from the provider's prompt cache.
    package var cacheRead: USD
    /// Input written to the provider's prompt cache.
    package var cacheWrite: USD

    /// What is left out of the cache costs as much as other input.
    package init(input: USD, output: USD, cacheRead: USD? = nil, cacheWrite: USD? = nil) {
      self.input = input
      self.output = output
      self.cacheRead = cacheRead ?? input
      self.cacheWrite = cacheWrite ?? input
    }
  }

  /// Other rates for the whole of a request whose input is long.
  package struct Long: Sendable, Equatable {
    /// The longest input, caches included, that the usual rates are for.
    package var above: Int
    package var rates: Rates

    package init(above: Int, rates: Rates) {
      self.above = above
      self.rates = rates
    }
  }

  package var rates: Rates
  package var long: Long?
  /// What a request costs besides its tokens.
  package var request: USD
  /// What tiers cost, in times the rates; what has none here costs what is usual.
  package var tiers: [ServiceTier: Factor]

  package init(
    _ rates: Rates,
    long: Long? = nil,
    request: USD = .zero,
    tiers: [ServiceTier: Factor] = [:]
  ) {
    self.rates = rates
    self.long = long
    self.request = request
    self.tiers = tiers
  }

  /// No request is taken to cost more ($50,000), so that a hundred thousand of them can be added.
  private static let dearest = Int128(50_000_000_000_000)

  /// What an answer costs, rounded up to a whole nanodollar.
  ///
  /// - Parameter countsCacheInInput: whether `usage.inputTokens` holds the cached tokens too.
  package func cost(of usage: Usage, countsCacheInInput: Bool) -> USD {
    let cached = usage.cacheRead + usage.cacheCreation
    let fresh = countsCacheInInput ? max(0, usage.inputTokens - cached) : usage.inputTokens
    var rates = rates(forInput: fresh + cached)
    if let factor = usage.tier.flatMap({ tiers[$0] }) { rates = rates.times(factor) }
    return request
      + Self.sum([
        (fresh, rates.input), (usage.cacheRead, rates.cacheRead),
        (usage.cacheCreation, rates.cacheWrite), (usage.outputTokens, rates.output),
      ])
  }

  /// The most that a request can cost whose tokens are at most these.
  ///
  /// - Parameter tier: what it asks for; a cheaper one may not be what it gets.
  package func worst(input: Int, output: Int, tier: ServiceTier? = nil) -> USD {
    var worst = USD.zero
    let usual = [rates, rates(forInput: input)]
    let tiered = tier.flatMap { tiers[$0] }.map { factor in usual.map { $0.times(factor) } } ?? []
    for rates in usual + tiered {
      let dearest = max(rates.input, rates.cacheRead, rates.cacheWrite)
      worst = max(worst, Self.sum([(input, dearest), (output, rates.output)]))
    }
    return request + worst
  }

  private func rates(forInput tokens: Int) -> Rates {
    guard let long, tokens > long.above else { return rates }
    return long.rates
  }

  private static func sum(_ parts: [(tokens: Int, rate: USD)]) -> USD {
    let million = Int128(1_000_000)
    let sum = parts.reduce(Int128(0)) { $0 + Int128($1.tokens) * Int128($1.rate.nanos) }
    return USD(nanos: Int(min((sum + million - 1) / million, Self.dearest)))
  }
}

/// How many times as much something costs.
package struct Factor: Sendable, Hashable {
  /// In billionths.
  private let billionths: Int

  /// Reads a decimal such as `0.5`; nil for anything else, for nothing, and for more than 1,000.
  package init?(_ text: some StringProtocol) {
    guard let times = USD(text)?.nanos, (1...1_000_000_000_000).contains(times) else { return nil }
    billionths = times
  }

  /// The exact decimal.
  package var decimal: String { USD(nanos: billionths).decimal }

  /// So many times an amount, rounded up to a whole nanodollar.
  package func times(_ amount: USD) -> USD {
    let billion = Int128(1_000_000_000)
    let product = Int128(amount.nanos) * Int128(billionths)
    return USD(nanos: Int(clamping: (product + billion - 1) / billion))
  }
}

extension Price.Rates {
  fileprivate func times(_ factor: Factor) -> Price.Rates {
    Price.Rates(
      input: factor.times(input),
      output: factor.times(output),
      cacheRead: factor.times(cacheRead),
      cacheWrite: factor.times(cacheWrite)
    )
  }
}
