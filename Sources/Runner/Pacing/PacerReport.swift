/// How a pacer sees the limits of its account and model; for `status` and `--explain`.
package struct PacerReport: Codable, Sendable, Equatable {
  /// One limit; amounts a minute where the name says so.
  package struct Limit: Codable, Sendable, Equatable {
    /// `requests`, `input tokens`, `output tokens` or `tokens`.
    package var meter: String
    /// What the job file or the flags say.
    package var statedPerMinute: Double?
    /// What the provider's headers say.
    package var learnedPerMinute: Double?
    /// What the pacer allows itself now; nil where nothing holds it back.
    package var pacePerMinute: Double?
    /// What was used of late.
    package var usedPerMinute: Double
    /// What the provider has left, and the most that it was seen to have.
    package var remaining: Double?
    package var capacity: Double?
    /// What refusals and others left of the limit, 0 to 1.
    package var multiplier: Double

    /// Whether what is stated holds although the headers allow more; nil in older batches.
    package var isCeiling: Bool?

    /// The limit that counts, as far as it is known.
    package var perMinute: Double? {
      isStatedBinding ? statedPerMinute : learnedPerMinute
    }
    /// Whether the limit that counts is what is stated, not what the headers say.
    package var isStatedBinding: Bool {
      guard let statedPerMinute else { return false }
      return learnedPerMinute.map { isCeiling == true && statedPerMinute <= $0 } ?? true
    }
    /// What was used, as a share of the limit or, where none is known, of the pace.
    package var utilisation: Double? {
      (perMinute ?? pacePerMinute).flatMap { $0 > 0 ? usedPerMinute / $0 : nil }
    }
  }

  package var model: String
  package var inFlight: Int
  package var limits: [Limit]
  /// `produced`, `reserved` or `input`: how output is taken to count.
  package var outputCharge: String
  package var tokensPerByte: Double
  /// Seconds that an answer takes on average.
  package var latency: Double
}

extension Pacer {
  /// How it sees the limits now; those that nothing is known of are left out.
  func report(for model: String) -> PacerReport {
    PacerReport(
      model: model,
      inFlight: inFlight,
      limits: Meter.allCases.compactMap { buckets[$0].report(for: $0) },
      outputCharge: charges.output.rawValue,
      tokensPerByte: rounded(estimate.tokensPerByte),
      latency: rounded(latency)
    )
  }
}

extension Bucket {
  fileprivate func report(for meter: Meter) -> PacerReport.Limit? {
    guard limit != nil || rate != nil else { return nil }
    return PacerReport.Limit(
      meter: meter.name,
      statedPerMinute: stated.map { ($0 * 60).rounded() },
      learnedPerMinute: seen.map { ($0 * 60).rounded() },
      pacePerMinute: rate.map { ($0 * 60).rounded() },
      usedPerMinute: (used * 60).rounded(),
      remaining: level?.rounded(),
      capacity: level == nil ? nil : capacity.rounded(),
      multiplier: rounded(multiplier),
      isCeiling: isCeiling
    )
  }
}

private func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
