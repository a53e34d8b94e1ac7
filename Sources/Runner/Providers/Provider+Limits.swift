import Transport

extension Provider {
  /// What a response says about its account's limits.
  func limitSighting(in response: HTTPResponse, at unixTime: Double) -> LimitSighting { .nothing }
}
