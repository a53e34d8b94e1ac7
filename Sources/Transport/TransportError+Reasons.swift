internal import CCurl
internal import Glibc

extension TransportError {
  /// A call of the system failed, with this error number.
  static func setup(_ what: String, errno number: Int32 = errno) -> TransportError {
    TransportError(.setup, unsafe "\(what) failed: \(String(cString: strerror(number)))")
  }

  /// A function of libcurl failed, which sets no error number; those that make something give no
  /// reason, and fail only without memory.
  static func libcurl(_ function: String, _ reason: String? = nil) -> TransportError {
    TransportError(.setup, "\(function) failed: \(reason ?? "no memory is left")")
  }

  static func cancelled(requestMayHaveLeft: Bool = false) -> TransportError {
    TransportError(
      .cancelled,
      "the request was cancelled",
      requestMayHaveLeft: requestMayHaveLeft
    )
  }

  static func closed(requestMayHaveLeft: Bool = false) -> TransportError {
    TransportError(
      .closed,
      "the transport was shut down",
      requestMayHaveLeft: requestMayHaveLeft
    )
  }

  static func tooLarge(limit: Int) -> TransportError {
    TransportError(
      .tooLarge,
      "the response is larger than \(limit) bytes"
        + (limit >= 1 << 20 ? " (\(limit >> 20) MiB)" : ""),
      requestMayHaveLeft: true
    )
  }

  static func noRoom(for size: Int) -> TransportError {
    TransportError(
      .tooLarge,
      "the response needs more memory than this process has for it (\(size >> 20) MiB of it were "
        + "taken; a limit may be set by ulimit -v)",
      requestMayHaveLeft: true
    )
  }

  /// The error of a deadline that has passed.
  ///
  /// - Parameter proxy: host and port of the one on the way; nil for none.
  static func overdue(
    _ code: Code,
    _ request: HTTPRequest,
    by proxy: String?,
    requestMayHaveLeft: Bool
  ) -> TransportError {
    let deadlines = request.deadlines
    let usesTLS = request.url.lowercased().hasPrefix("https:")
    let message =
      switch code {
      case .connectTimeout where proxy != nil:
        "no connection by way of the proxy \(proxy ?? "") within \(deadlines.connect)"
      case .connectTimeout where usesTLS:
        "no connection in TLS within \(deadlines.connect); does the server speak it at this port?"
      case .connectTimeout: "no connection within \(deadlines.connect)"
      case .firstByteTimeout: "no response within \(deadlines.firstByte)"
      case .stall: "the response stopped arriving for \(deadlines.stall)"
      default: "the response was not complete within \(deadlines.total)"
      }
    return TransportError(code, message, requestMayHaveLeft: requestMayHaveLeft)
  }

  /// Puts libcurl's verdict in our words; `detail` is its error text, which may be empty.
  init(_ curl: CURLcode, detail: String, requestsSent: Int) {
    var detail = unsafe detail.isEmpty ? String(cString: curl_easy_strerror(curl)) : detail
    let code = Self.code(for: curl, detail, sent: requestsSent > 0)
    if code == .tls, Self.plainAnswers.contains(where: detail.contains) {
      detail = "the server answers without TLS at this port; is its address http:// ? (\(detail))"
    }
    // So far it has come only where somebody took the connection.
    if code == .connectTimeout, detail.contains("SSL") {
      detail = "the server gives no answer in TLS; is its address http:// ? (\(detail))"
    }
    self.init(code, "\(code.reason): \(detail)", requestMayHaveLeft: requestsSent > 0)
  }

  /// What OpenSSL says of bytes that are no TLS record, as those of plain HTTP.
  private static let plainAnswers = [
    "wrong version number", "packet length too long", "record layer failure", "unknown protocol",
    "http request",
  ]

  /// What OpenSSL and libcurl say of a peer, or of somebody on the way, that breaks a handshake off.
  private static let breaks = [
    "reset by peer", "SSL_ERROR_SYSCALL", "unexpected eof", "Broken pipe", "SSL_ERROR_ZERO_RETURN",
    "timed out",
  ]

  /// Whether the system gave a connection up, as strerror(3) or OpenSSL says it.
  private static func isTimedOut(_ detail: String) -> Bool {
    detail.contains("timed out") || detail.hasSuffix("errno = \(ETIMEDOUT)")
  }

  private static func code(for curl: CURLcode, _ detail: String, sent: Bool) -> Code {
    switch curl {
    case CURLE_URL_MALFORMAT: .invalidRequest
    case CURLE_UNSUPPORTED_PROTOCOL: sent ? .protocolError : .invalidRequest
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
    case CURLE_SSL_CONNECT_ERROR where breaks.contains(where: detail.contains): .handshake
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER: .tls
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      .untrusted
    case CURLE_PROXY: .proxyRefused
    // libcurl is given no deadline for what follows the handshake: the system found the path dead.
    case CURLE_OPERATION_TIMEDOUT: sent ? .deadPath : .connectTimeout
    case CURLE_RECV_ERROR where sent && isTimedOut(detail): .deadPath
    case CURLE_SEND_ERROR where sent && isTimedOut(detail): .deadPath
    case CURLE_PARTIAL_FILE: .truncated
    case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2, CURLE_WRITE_ERROR:
      .protocolError
    default: sent ? .connectionLost : .connect
    }
  }
}

extension TransportError.Code {
  fileprivate var reason: String {
    switch self {
    case .invalidRequest: "the request cannot be sent"
    case .resolve: "no address for the host"
    case .proxyRefused: "the proxy does not let the request through"
    case .handshake: "the connection broke while it was being secured"
    case .tls, .untrusted: "no secure connection"
    case .connect: "no connection"
    case .connectTimeout: "no connection in time"
    case .totalTimeout: "no complete response in time"
    case .deadPath: "the connection is dead"
    case .truncated: "the response was cut short"
    case .protocolError: "the response is damaged"
    default: "the response did not arrive whole"
    }
  }
}
