import JSON

/// What Google says of a quota that is used up (google.rpc.QuotaFailure and google.rpc.RetryInfo), in
/// the `details` of an error whose status is `RESOURCE_EXHAUSTED`; often there are no details.
struct GoogleQuota {
  /// The quota that is used up, such as `GenerateRequestsPerMinutePerProjectPerModel-FreeTier`.
  private let ids: [String]
  /// How long to wait at least.
  let retryDelay: Duration?

  /// Reads an error object; nil if it is about something else.
  init?(_ error: JSONValue) {
    guard error["status"]?.string == "RESOURCE_EXHAUSTED" else { return nil }
    let details = error["details"]?.elements ?? []
    ids = details.flatMap { $0["violations"]?.elements ?? [] }
      .compactMap { $0["quotaId"]?.string }
    retryDelay = details.lazy.compactMap { $0["retryDelay"]?.string }.first
      .flatMap { LimitValue.duration($0.utf8.span) }
      .flatMap { $0 <= 315_360_000 ? .seconds($0) : nil }
  }

  /// A day's quota does not come back in a while, whatever else is used up.
  var isPerDay: Bool { ids.contains { $0.contains("PerDay") } }

  var meter: Meter? {
    guard let id = ids.first else { return nil }
    if id.contains("InputToken") { return .inputTokens }
    if id.contains("OutputToken") { return .outputTokens }
    if id.contains("Token") { return .tokens }
    return id.contains("Request") ? .requests : nil
  }
}
