extension TransportError {
  /// A proxy answered CONNECT with another status than success.
  ///
  /// - Parameter proxy: its host and port.
  static func proxyRefused(_ status: Int, by proxy: String) -> TransportError {
    let words =
      switch status {
      // Some proxies answer a wrong password with 401, which elsewhere is a provider's word on a key.
      case 401, 407: "wants a login, or another one; check the user name and password of the proxy"
      case 403: "lets nobody through to this address; ask who runs it to allow the address"
      case 500...: "cannot reach this address; try again, or ask who runs it"
      default: "does not open a way; is it a proxy for HTTPS, which answers CONNECT?"
      }
    return TransportError(.proxyRefused, "the proxy \(proxy) answers \(status): it \(words)")
  }

  /// A SOCKS proxy refused.
  static func proxyRefused(saying words: String, by proxy: String) -> TransportError {
    let isLogin = words.contains("rejected") || words.contains("authentication")
    return TransportError(
      .proxyRefused,
      "the proxy \(proxy) does not let the request through: \(words)"
        + (isLogin ? "; check the user name and password of the proxy" : "")
    )
  }
}
