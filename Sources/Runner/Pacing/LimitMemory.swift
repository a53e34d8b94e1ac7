/// What is known of one limit, for a later run; amounts a second.
package struct LimitMemory: Codable, Sendable, Equatable {
  /// ``Meter/name``.
  package var meter: String
  /// What headers said.
  package var told: Double?
  /// What a search found.
  package var found: Double?
  /// The most that the provider was seen to have left.
  package var capacity: Double
}

/// How many requests at a time a provider works on, for a later run.
package struct ConcurrencyMemory: Codable, Sendable, Equatable {
  /// The most that are not refused, and as many as keep busy a server that lets others wait.
  package var ceiling: Int?
  package var knee: Double?
}

extension Pacer {
  var limitMemories: [LimitMemory] {
    Meter.allCases.compactMap { buckets[$0].memory(of: $0) }
  }

  mutating func remember(_ limits: [LimitMemory], at now: ContinuousClock.Instant) {
    for meter in Meter.allCases {
      guard let limit = limits.first(where: { $0.meter == meter.name }) else { continue }
      buckets[meter].remember(limit, at: seconds(now))
    }
  }
}
