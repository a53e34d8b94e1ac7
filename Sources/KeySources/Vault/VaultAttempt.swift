import Transport

/// What became of one request to one server.
enum VaultAttempt {
  case failed(TransportError)
  case answered(HTTPResponse)

  /// What a ``VaultRoute`` decides by.
  var event: VaultRoute.Event {
    switch self {
    case .failed(let error): .failed(requestMayHaveLeft: error.requestMayHaveLeft)
    case .answered(let response):
      .answered(
        status: response.status,
        location: response.header("Location"),
        retryAfter: response.header("Retry-After").flatMap { Int($0) }
          .map { .seconds(min(max($0, 0), 3600)) }
      )
    }
  }

  /// What is wrong with the server, in words of our own: a response may quote what was sent to it.
  var problem: String {
    switch self {
    case .failed(let error): error.message
    case .answered(let response):
      switch response.status {
      case 301, 302, 307, 308:
        "it redirects to another server, which is not among the addresses or does not answer "
          + "either; list every server in VAULT_ADDR or 'addresses:'"
      case 412: "it has not caught up with the cluster's last write"
      case 429: "it limits the rate of requests"
      case 472, 473, 474, 530: "it is a standby that cannot serve (\(response.status))"
      case 503 where Self.isSealed(response): "it is sealed"
      default:
        VaultBody(response.body) == nil
          ? "it answered \(response.status) with something that is not Vault's JSON"
          : "it answered \(response.status)"
      }
    }
  }

  /// OpenBao and Vault say so in one of their errors, also while uninitialised.
  private static func isSealed(_ response: HTTPResponse) -> Bool {
    VaultBody(response.body)?.strings(["errors"]).contains { $0.contains("sealed") } ?? false
  }
}
