/// Why a request got no response.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong, as far as a caller may want to decide by it.
  package enum Code: Sendable {
    /// The host name has no address, or the resolver could not be asked.
    case resolve
    /// No TCP connection: refused, unreachable, or out of file descriptors.
    case connect
    /// The proxy was reached and does not let the request through.
    case proxyRefused
    /// The connection broke in the TLS handshake, which another try may well survive.
    case handshake
    /// No TLS session, for a reason that stays: the peer speaks none, or none that is allowed.
    case tls
    /// The peer is not who it must be: its certificate is not trusted, or its key is not the pinned one.
    case untrusted
    /// ``Deadlines/connect`` passed.
    case connectTimeout
    /// ``Deadlines/firstByte`` passed.
    case firstByteTimeout
    /// ``Deadlines/stall`` passed.
    case stall
    /// ``Deadlines/total`` passed.
    case totalTimeout
    /// Nothing that was sent has been acknowledged for so long that the path must be dead.
    case deadPath
    /// The connection was reset or closed before the response was complete.
    case connectionLost
    /// The response ended before its declared end.
    case truncated
    /// The response is larger than the configured limit.
    case tooLarge
    /// The response is not valid HTTP, or its compressed body is damaged.
    case protocolError
    /// The request cannot be sent as it is: a bad URL or header field.
    case invalidRequest
    /// The task that waited for the response was cancelled.
    case cancelled
    /// The transport was shut down.
    case closed
    /// The transport could not be set up.
    case setup
  }

  package let code: Code
  /// The reason in plain words, free of URLs, header values and bodies.
  package let message: String
  /// Whether any byte of the request may have reached the peer.
  ///
  /// When false the request was certainly not processed; when true it may have been, and billed.
  package let requestMayHaveLeft: Bool
  /// What had come of the response, where its head had come whole: its body may be cut or damaged.
  package internal(set) var partial: HTTPResponse?

  /// Makes an error; `message` must hold nothing that came from a header value or a body.
  package init(_ code: Code, _ message: String, requestMayHaveLeft: Bool = false) {
    self.code = code
    self.message = message
    self.requestMayHaveLeft = requestMayHaveLeft
  }

  package var description: String { message }

  package static func == (one: TransportError, other: TransportError) -> Bool {
    one.code == other.code && one.message == other.message
      && one.requestMayHaveLeft == other.requestMayHaveLeft
  }
}
