/// Something that sends one HTTP request and returns the whole response.
package protocol HTTPClient: Sendable {
  /// Sends a request and waits for the last byte of its response.
  ///
  /// Any HTTP status, 4xx and 5xx included, is a response. A response is only returned whole: one
  /// that was cut short, or could not be decoded, is an error. Cancelling the task aborts the
  /// transfer with ``TransportError/Code/cancelled``.
  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}
