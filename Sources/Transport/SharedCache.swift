internal import CCurl

/// What the easy handles of one loop share: addresses, TLS sessions, whom to trust, and the memory
/// for responses.
///
/// Resuming a session spares both ends of a new connection most of its cryptography. Without lock
/// functions it must stay on its loop's thread.
@safe final class SharedCache {
  let share: UnsafeMutableRawPointer
  /// Nil where each handle is to read the certificates for itself.
  private(set) lazy var trust = readsTrust ? TrustStore(file: caFile) : nil
  /// The bodies of the loop's responses.
  var memory: ResponseMemory
  private let caFile: String?
  private let readsTrust: Bool

  init(_ configuration: CurlTransport.Configuration) throws(TransportError) {
    guard let share = unsafe curl_share_init() else { throw .libcurl("curl_share_init") }
    unsafe self.share = unsafe share
    caFile = configuration.caFile
    memory = ResponseMemory(limit: configuration.responseMemory)
    // A proxy may have a certificate too, for which the CA file is not meant.
    readsTrust = configuration.proxy == nil
    unsafe ccurl_share(share, CURL_LOCK_DATA_DNS)
    unsafe ccurl_share(share, CURL_LOCK_DATA_SSL_SESSION)
  }

  deinit {
    unsafe curl_share_cleanup(share)
  }
}
