internal import CCurl

/// What the easy handles of one loop learn once for all of them: addresses and TLS sessions.
///
/// Resuming a session spares both ends of a new connection most of its cryptography. Without lock
/// functions it must stay on its loop's thread.
@safe final class SharedCache {
  let share: UnsafeMutableRawPointer

  init() throws(TransportError) {
    guard let share = unsafe curl_share_init() else { throw .setup("curl_share_init") }
    unsafe self.share = unsafe share
    unsafe ccurl_share(share, CURL_LOCK_DATA_DNS)
    unsafe ccurl_share(share, CURL_LOCK_DATA_SSL_SESSION)
  }

  deinit {
    unsafe curl_share_cleanup(share)
  }
}
