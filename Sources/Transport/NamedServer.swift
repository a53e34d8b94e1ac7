internal import CCurl

/// A URL whose server bears another name than the host to connect to.
///
/// libcurl takes the name that a certificate must bear from the URL. So the name goes into the URL,
/// and the URL's own host becomes where to connect and what the request asks for.
@safe final class NamedServer {
  /// The URL with the server's name as its host.
  let url: String
  /// Where to connect instead, as `CURLOPT_CONNECT_TO` reads it.
  let connectTo: UnsafeMutablePointer<curl_slist>?
  /// The header line with the host and port that the URL named; HTTP/2 makes it `:authority`.
  private let hostLine: UnsafeMutablePointer<curl_slist>?

  /// Takes a URL apart; nil when it cannot be parsed.
  init?(name: String, url: String) {
    let parts = unsafe curl_url()
    defer { unsafe curl_url_cleanup(parts) }
    guard unsafe curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK,
      let host = unsafe part(CURLUPART_HOST, of: parts),
      let port = unsafe part(CURLUPART_PORT, of: parts, CURLU_DEFAULT_PORT),
      unsafe curl_url_set(parts, CURLUPART_HOST, name, 0) == CURLUE_OK,
      let renamed = unsafe part(CURLUPART_URL, of: parts)
    else { return nil }
    let isDefault = unsafe part(CURLUPART_PORT, of: parts, CURLU_NO_DEFAULT_PORT) == nil
    self.url = renamed
    unsafe connectTo = curl_slist_append(nil, "::\(host):\(port)")
    unsafe hostLine = curl_slist_append(nil, isDefault ? "Host: \(host)" : "Host: \(host):\(port)")
  }

  deinit {
    unsafe hostLine?.pointee.next = nil
    unsafe curl_slist_free_all(hostLine)
    unsafe curl_slist_free_all(connectTo)
  }

  /// Header lines that begin with the host's; the rest stays its owner's.
  func headerLines(
    followedBy rest: UnsafeMutablePointer<curl_slist>?
  ) -> UnsafeMutablePointer<curl_slist>? {
    unsafe hostLine?.pointee.next = rest
    return unsafe hostLine
  }
}

private func part(
  _ part: CURLUPart,
  of parts: OpaquePointer?,
  _ flags: Int32 = 0
) -> String? {
  var text: UnsafeMutablePointer<CChar>?
  guard unsafe curl_url_get(parts, part, &text, UInt32(flags)) == CURLUE_OK else { return nil }
  defer { unsafe curl_free(text) }
  return unsafe text.map { unsafe String(cString: $0) }
}
