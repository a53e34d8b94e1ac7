/// Something that sends one HTTP request and returns the whole response.
package protocol HTTPClient: Sendable {
  /// Sends a request and waits for the last byte of its response.
  ///
  /// Any HTTP status, 4xx and 5xx included, is a response. A response is only returned whole: one
  /// that was cut short, or could not be decoded, is an error. Cancelling the task aborts the
  /// transfer with ``TransportError/Code/cancelled``.
  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse

  /// Where tasks that do little but send are best executed; nil where that makes no difference.
  ///
  /// What they do besides must be short and must not block: it holds up the transfers that share the
  /// thread.
  ///
  /// - Parameter number: of the task, so that many are spread evenly.
  func executor(forTask number: Int) -> (any TaskExecutor)?
}

extension HTTPClient {
  package func executor(forTask number: Int) -> (any TaskExecutor)? { nil }
}
