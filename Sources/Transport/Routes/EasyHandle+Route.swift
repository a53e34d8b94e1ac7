internal import CCurl

// What a handle is told of its route, once: it never goes by another.
extension EasyHandle {
  func setRoute(_ route: Route, _ login: ProxyLogin?) {
    // Set in any case, lest the environment name one.
    set(CURLOPT_PROXY, route.proxy?.url ?? "")
    set(CURLOPT_NOPROXY, "")
    if let proxy = route.proxy { setProxy(proxy, login) }
    if case .unix(let path) = route.way { set(CURLOPT_UNIX_SOCKET_PATH, path) }
    if route.versions == .onlyHTTP1 { set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) }
    if let family = route.addressFamily {
      set(CURLOPT_IPRESOLVE, Int(family == .ipv4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_V6))
    }
    if let interface = route.interface { set(CURLOPT_INTERFACE, interface) }
    if let pin = route.pin { set(CURLOPT_PINNEDPUBLICKEY, pin) }
    guard let certificate = route.clientCertificate else { return }
    set(CURLOPT_SSLCERT, certificate)
    set(CURLOPT_SSLKEY, route.clientKey ?? certificate)
    // Without one, libcrypto would ask the terminal for the passphrase of an encrypted key.
    set(CURLOPT_KEYPASSWD, "")
  }

  private func setProxy(_ proxy: Route.Proxy, _ login: ProxyLogin?) {
    // What a proxy says before the provider is none of an answer, and is sent none of a request.
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
    set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
    set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
    unsafe set(CURLOPT_PROXY_CAPATH, nil)
    if let caFile = proxy.caFile { set(CURLOPT_PROXY_CAINFO, caFile) }
    // `CURLAUTH_BASIC`: no method that the proxy chooses, and none that tells who else we are.
    set(CURLOPT_PROXYAUTH, 1)
    set(CURLOPT_SOCKS5_AUTH, 1)
    unsafe login?.withStrings { user, password in
      unsafe set(CURLOPT_PROXYUSERNAME, UnsafeRawPointer(user))
      unsafe set(CURLOPT_PROXYPASSWORD, UnsafeRawPointer(password))
    }
  }

  /// Whom to trust; only asked for by URLs that need it, as it may mean reading many certificates.
  func setTrust() {
    if shard.lane.cache.trust == nil {
      if let caFile = shard.lane.route.caFile { set(CURLOPT_CAINFO, caFile) }
    } else {
      unsafe set(CURLOPT_CAINFO, nil)
      unsafe ccurl_set_tls_callback(curl, tlsContextMade)
    }
  }
}

// What is wrong where a request has not left.
extension EasyHandle {
  /// Whom a connection was refused by, or by way of what.
  var nextPeer: String? {
    guard let url = transfer?.request.url else { return nil }
    return switch shard.lane.route.way {
    case .direct: Self.authority(of: url)
    case .proxy(let proxy): "the proxy \(proxy.authority)"
    case .line(let address): address
    case .unix(let path): path
    }
  }

  /// The error of a proxy that was asked for a tunnel and gave none.
  func proxyRefusal(_ code: CURLcode) -> TransportError? {
    guard !hasSent, let proxy = shard.lane.route.proxy else { return nil }
    let status = get(CURLINFO_HTTP_CONNECTCODE)
    if status >= 300 { return .proxyRefused(status, by: proxy.authority) }
    return code == CURLE_PROXY ? .proxyRefused(saying: errorWords, by: proxy.authority) : nil
  }

  /// What a user does about a certificate that is not trusted, or whom to look at.
  func routeAdvice(_ code: CURLcode) -> String {
    if code == CURLE_RECV_ERROR, !hasSent, let proxy = shard.lane.route.proxy {
      return " (by the proxy \(proxy.authority))"
    }
    if code == CURLE_SSL_CONNECT_ERROR, shard.lane.route.proxy?.isEncrypted == true {
      // Within the TLS of a proxy, libcurl 7.88 cannot tell the one from the other.
      return " (it broke off, or its certificate is not trusted; --ca-file names the authority)"
    }
    guard code == CURLE_PEER_FAILED_VERIFICATION else { return "" }
    let isProxys = get(CURLINFO_PROXY_SSL_VERIFYRESULT) != 0
    return isProxys
      ? " (it is the proxy's; `ca_file` of its route names the authority)"
      : " (where it has a certificate of your own, --ca-file names the authority)"
  }
}
