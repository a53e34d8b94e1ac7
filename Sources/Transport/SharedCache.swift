internal import CCurl

/// What the easy handles of one route share in one loop: addresses, TLS sessions and whom to trust.
///
/// Resuming a session spares both ends of a new connection most of its cryptography; of another route
/// it would spare the check of who they are. Without lock functions it must stay on its loop's thread.
@safe final class SharedCache {
  let route: Route
  let share: UnsafeMutableRawPointer
  /// ``Route/connections`` as libcurl reads them.
  private(set) var connections: UnsafeMutablePointer<curl_slist>?
  /// Nil where each handle is to read the certificates for itself.
  private(set) lazy var trust = route.readsTrust ? TrustStore(file: route.caFile) : nil

  init(_ route: Route) throws(TransportError) {
    guard let share = unsafe curl_share_init() else { throw .libcurl("curl_share_init") }
    unsafe self.share = unsafe share
    self.route = route
    for line in route.connections { unsafe connections = curl_slist_append(connections, line) }
    unsafe ccurl_share(share, CURL_LOCK_DATA_DNS)
    unsafe ccurl_share(share, CURL_LOCK_DATA_SSL_SESSION)
  }

  deinit {
    unsafe curl_share_cleanup(share)
    unsafe curl_slist_free_all(connections)
  }
}
