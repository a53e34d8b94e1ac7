/// How a number among the settings is read and checked, the same wherever it is stated: by a flag,
/// in the environment or in the job file.
package struct SettingValue<Value: Sendable>: Sendable {
  /// What a message says is expected, such as `a whole number from 1 to 100000`.
  package let expected: String
  private let read: @Sendable (String) -> Value?

  /// The value that a text states; nil for anything else, NaN and infinities included.
  package func callAsFunction(_ text: String) -> Value? { read(text) }
}

extension SettingValue<Int> {
  /// Requests in flight: each takes a descriptor and room for its answer.
  package static var concurrency: Self { whole(1...100_000) }
  /// Requests or tokens in a minute, and numbers of jobs: sums of a few still fit an `Int`, and
  /// each is exact as a `Double`.
  package static var count: Self { whole(1...1_000_000_000_000) }
  /// The most tokens of an answer, whose price still fits.
  package static var tokens: Self { whole(1...1_000_000_000) }
  /// Requests that share a connection.
  package static var streams: Self { whole(1...1_000) }
  /// Errors after which a job fails.
  package static var attempts: Self { whole(1...1_000) }

  /// Of jobs in a queue.
  package static var priority: Self { whole(-1_000_000...1_000_000) }

  /// Bytes, as in `256MB`, `1.5 GiB` or `268435456`: units of 1,000 (KB, MB, GB, TB) or 1,024 (KiB,
  /// MiB, GiB, TiB), in either case (IEC 80000-13).
  package static var memory: Self {
    Self(expected: "an amount from 1MB to 1000TB, such as 256MB or 1GiB") { text in
      let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
      guard let amount = Double(number), let scale = byteUnits[unit] else { return nil }
      let bytes = amount * scale
      return bytes >= 1e6 && bytes <= 1e15 ? Int(bytes) : nil
    }
  }

  private static func whole(_ range: ClosedRange<Int>) -> Self {
    Self(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension SettingValue<StatedLimit> {
  /// A limit in a minute, or `auto`.
  package static var limit: Self {
    let count = SettingValue<Int>.count
    return Self(expected: count.expected + ", or auto") { text in
      text == "auto" ? .automatic : count(text).map(StatedLimit.perMinute)
    }
  }
}

private let byteUnits: [String: Double] = [
  "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1_024, "mib": 1_048_576,
  "gib": 1_073_741_824, "tib": 1_099_511_627_776,
]

extension SettingValue<Duration> {
  /// The longest time that is kept, about 30 years: milliseconds of it fit every clock in use.
  private static var longest: Double { 1e9 }

  /// Seconds above zero, fractions allowed.
  package static var seconds: Self {
    Self(expected: "a number of seconds above zero, at most 1000000000") { text in
      duration(text) { $0 > 0 }
    }
  }

  /// Seconds from zero on, for waits that may be left out.
  package static var wait: Self {
    Self(expected: "a number of seconds from 0 to 1000000000") { text in
      duration(text) { $0 >= 0 }
    }
  }

  /// The lease of a worker, which renews it several times in each.
  package static var lease: Self {
    Self(expected: "a number of seconds from 1 to 1000000") { text in
      duration(text) { $0 >= 1 && $0 <= 1e6 }
    }
  }

  private static func duration(_ text: String, _ isAllowed: (Double) -> Bool) -> Duration? {
    guard let seconds = Double(text), seconds <= longest, isAllowed(seconds) else { return nil }
    return .seconds(seconds)
  }
}

extension SettingValue<Double> {
  /// A part of a whole.
  package static var share: Self {
    Self(expected: "a share above 0 and at most 1, such as 0.005") { text in
      Double(text).flatMap { $0 > 0 && $0 <= 1 ? $0 : nil }
    }
  }
}
