/// The HTTP client of the house: libcurl on its own threads, awaited from Swift.
///
/// Connections are kept alive and reused, HTTP/2 requests share connections, compressed responses
/// are decoded, redirects are never followed, certificates are always verified, and proxies named
/// by the environment are ignored.
package final class CurlTransport: HTTPClient {
  /// What all requests of one transport have in common.
  package struct Configuration: Sendable {
    /// Which protocol versions may be negotiated.
    package enum Versions: Sendable {
      /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
      case upToHTTP2
      case onlyHTTP1
    }

    /// A PEM file with the certificates to trust instead of the system's.
    package var caFile: String?
    /// A proxy URL, used for every request; nil means none, whatever the environment says.
    package var proxy: String?
    /// How many transfers run at once; more wait their turn, their deadlines not yet running.
    package var maxInFlight: Int
    /// The largest body accepted, in bytes after decompression.
    package var maxResponseBytes: Int
    package var versions: Versions

    /// The defaults suit a provider's API: system certificates, no proxy, 64 MiB responses.
    package init(
      caFile: String? = nil,
      proxy: String? = nil,
      maxInFlight: Int = 16_384,
      maxResponseBytes: Int = 64 << 20,
      versions: Versions = .upToHTTP2
    ) {
      self.caFile = caFile
      self.proxy = proxy
      self.maxInFlight = maxInFlight
      self.maxResponseBytes = maxResponseBytes
      self.versions = versions
    }
  }

  /// Starts the transport's threads; stop them with ``shutdown()``.
  ///
  /// - Throws: ``TransportError/Code/setup`` when the CA file cannot be read or the system has no
  ///   resources left.
  package init(_ configuration: Configuration = Configuration()) throws(TransportError) {}

  package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    throw TransportError(.closed, "the transport is closed")
  }

  /// Aborts every transfer with ``TransportError/Code/closed`` and returns when the threads are done.
  ///
  /// Sending afterwards fails the same way; calling it again is harmless.
  package func shutdown() async {}
}
