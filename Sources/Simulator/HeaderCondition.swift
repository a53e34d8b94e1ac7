/// In what condition an account's rate limit headers arrive.
package enum HeaderCondition: Equatable, Sendable {
  case full
  /// They are never sent.
  case absent
  /// A response lacks all of them with this probability.
  case lost(Double)
  /// Their values make no sense.
  case nonsense

  static let forms = "full, none, loss=PROBABILITY or nonsense"

  /// Reads `full`, `none`, `loss=0.3` or `nonsense`.
  init?(parsing text: String) {
    switch text {
    case "full": self = .full
    case "none": self = .absent
    case "nonsense": self = .nonsense
    case _ where text.hasPrefix("loss="):
      guard let probability = Double(text.dropFirst("loss=".count)), (0...1).contains(probability)
      else { return nil }
      self = .lost(probability)
    default: return nil
    }
  }

  /// What arrives of the rate limit headers.
  func apply(to headers: [Header], _ generator: inout SeededGenerator) -> [Header] {
    switch self {
    case .full: headers
    case .absent: []
    case .lost(let probability): generator.fraction() < probability ? [] : headers
    case .nonsense:
      headers.map { header in
        let index = Int(generator.next() % UInt64(Self.garbage.count))
        return Header(header.name, Self.garbage[index])
      }
    }
  }

  private static let garbage = [
    "-1", "", "NaN", "unlimited", "1e400", "99999999999999999999", "2026-13-45T99:99:99Z",
    "1970-01-01T00:00:00Z", "-5s", "5 parsecs", "0x10", "12,000",
  ]
}

/// How a provider says how long to wait.
package enum RetryAfterStyle: String, CaseIterable, Sendable {
  /// `retry-after` in whole seconds, rounded up.
  case seconds
  /// `retry-after-ms`, rounded up.
  case milliseconds = "ms"
  /// `retry-after` as an HTTP-date, rounded up to the second.
  case date
  /// Not at all.
  case none

  func header(for wait: Duration, clock: WallClock, at now: Duration) -> Header? {
    switch self {
    case .seconds: Header("retry-after", String(wait.count(of: .seconds(1))))
    case .milliseconds: Header("retry-after-ms", String(wait.count(of: .milliseconds(1))))
    case .date: Header("retry-after", clock.httpDate(at: now + wait))
    case .none: nil
    }
  }
}

extension Duration {
  /// How many units it takes to fill it; a hair that a sum of fractions left over needs none.
  fileprivate func count(of unit: Duration) -> Int {
    Int((self / unit - 1e-6).rounded(.up))
  }
}
