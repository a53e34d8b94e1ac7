import Glibc

/// How long an answer takes.
package enum Latency: Sendable, Equatable {
  /// Always the same.
  case fixed(Duration)
  /// Anything between two bounds, equally likely.
  case uniform(ClosedRange<Duration>)
  /// Log-normal, as real services are: a median and the standard deviation of the logarithm.
  case logNormal(median: Duration, sigma: Double)

  /// Reads `200ms`, `uniform:100ms-300ms` or `lognormal:800ms,0.5`.
  ///
  /// - Throws: ``SimulatorError`` that shows the three forms.
  package init(parsing text: String) throws(SimulatorError) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    switch (parts.first, parts.last) {
    case ("uniform", let range?):
      let bounds = range.split(separator: "-").compactMap { Duration(parsing: String($0)) }
      guard bounds.count == 2, bounds[0] <= bounds[1] else { throw Self.unreadable(text) }
      self = .uniform(bounds[0]...bounds[1])
    case ("lognormal", let shape?):
      let numbers = shape.split(separator: ",").map(String.init)
      guard numbers.count == 2, let median = Duration(parsing: numbers[0]),
        let sigma = Double(numbers[1]), sigma >= 0
      else { throw Self.unreadable(text) }
      self = .logNormal(median: median, sigma: sigma)
    default:
      guard let duration = Duration(parsing: text) else { throw Self.unreadable(text) }
      self = .fixed(duration)
    }
  }

  private static func unreadable(_ text: String) -> SimulatorError {
    SimulatorError(
      "latency '\(text)' is none of 200ms, uniform:100ms-300ms and lognormal:800ms,0.5"
    )
  }

  func sample(_ generator: inout SeededGenerator) -> Duration {
    switch self {
    case .fixed(let duration):
      return duration
    case .uniform(let range):
      return range.lowerBound + (range.upperBound - range.lowerBound) * generator.fraction()
    case .logNormal(let median, let sigma):
      // Box and Muller: two uniform numbers give one normal one; 1 - u keeps the logarithm finite.
      let radius = (-2 * log(1 - generator.fraction())).squareRoot()
      // A wide sigma may ask for more than a Duration can hold.
      return median * min(1e6, exp(sigma * radius * cos(2 * .pi * generator.fraction())))
    }
  }
}

extension Duration {
  /// Reads a duration such as `250ms`, `2s`, `1.5m`, or plain seconds.
  package init?(parsing text: String) {
    let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60)]
    let unit = units.first { text.hasSuffix($0.suffix) } ?? ("", 1)
    guard let amount = Double(text.dropLast(unit.suffix.count)), amount >= 0, amount < 1e9 else {
      return nil
    }
    self = .seconds(amount * unit.seconds)
  }
}
