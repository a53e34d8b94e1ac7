import Runner
import Testing
import Transport

/// A recorded response and the exit that it must take.
struct ResponseFixture: Sendable, CustomTestStringConvertible {
  /// An outcome without its details.
  enum Exit: Equatable {
    case completed
    case retry
    case pace
    case park(ParkReason)
    case fail
  }

  let testDescription: String
  let status: Int
  let headers: [String: String]
  let body: String
  let exit: Exit
  /// The code of the refusal; nil to leave it open.
  let code: String?

  init(
    _ name: String,
    _ status: Int,
    _ body: String,
    headers: [String: String] = [:],
    _ exit: Exit,
    code: String? = nil
  ) {
    testDescription = name
    self.status = status
    self.headers = headers
    self.body = body
    self.exit = exit
    self.code = code
  }

  var response: HTTPResponse {
    HTTPResponse(
      status: status,
      headers: headers.map { (name: $0.key, value: $0.value) },
      body: Array(body.utf8)
    )
  }
}

extension Outcome {
  var exit: ResponseFixture.Exit {
    switch self {
    case .completed: .completed
    case .retry: .retry
    case .pace: .pace
    case .park(_, let reason, _): .park(reason)
    case .fail: .fail
    }
  }

  var refusal: Refusal? {
    switch self {
    case .completed: nil
    case .retry(let refusal, _, _), .pace(let refusal, _, _), .park(let refusal, _, _),
      .fail(let refusal):
      refusal
    }
  }

  var wait: Duration? {
    switch self {
    case .retry(_, _, let wait), .pace(_, _, let wait): wait
    case .completed, .park, .fail: nil
    }
  }

  var retryCause: RetryCause? {
    if case .retry(_, let cause, _) = self { cause } else { nil }
  }

  var paceCause: PaceCause? {
    if case .pace(_, let cause, _) = self { cause } else { nil }
  }

  var parkedUntil: Double? {
    if case .park(_, _, let until) = self { until } else { nil }
  }
}
