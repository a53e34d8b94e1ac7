import JSON
import Transport

/// Where a refusal leads, before it is known what it says and how long to wait.
enum Exit: Sendable, Equatable {
  case retry
  /// Retried too, and a sign of overload.
  case overload
  case pace
  /// Paced too, for rising too fast.
  case slowDown
  case park(ParkReason)
  case fail
}

/// How one provider's refusals are judged: by its words, its codes, then the HTTP status.
struct RefusalPolicy: Sendable {
  /// How a message begins that decides whatever code or status it comes with.
  let phrases: [(beginning: String, exit: Exit)]
  /// Error codes and types that decide, whatever the status.
  let codes: [String: Exit]

  /// Judges a response that is no result.
  ///
  /// - Parameters:
  ///   - response: the response.
  ///   - body: its body, if that is JSON.
  ///   - unixTime: when it arrived, in seconds since 1970.
  ///   - paid: what it used, where it may have been paid for all the same.
  /// - Returns: one of the four exits.
  func judge(
    _ response: HTTPResponse,
    body: JSONValue?,
    at unixTime: Double,
    paid: Usage? = nil
  ) -> Outcome {
    let told = body.flatMap { ErrorBody($0) }
    let error = told ?? ErrorBody(text: response.body, status: response.status)
    let refusal = Refusal(
      status: response.status,
      code: error.code ?? error.type ?? "http_\(error.status ?? response.status)",
      message: redirectMessage(response) ?? error.message ?? "HTTP \(response.status)",
      requestID: error.requestID ?? response.header("request-id")
        ?? response.header("x-request-id"),
      paid: paid
    )
    let wait = retryAfter(of: response, at: unixTime)
    switch exit(for: error, status: response.status, isProvidersOwn: body != nil) {
    case .retry:
      // One that cannot put its refusal into its own words is out of order, whatever the status.
      let isOverload =
        Self.exit(forStatus: response.status) == .overload
        || (response.status >= 500 && body == nil)
      return .retry(refusal, isOverload ? .overload : .fault, after: wait)
    case .overload: return .retry(refusal, .overload, after: wait)
    case .pace: return .pace(refusal, error.paceCause, after: wait ?? error.quota?.retryDelay)
    case .slowDown: return .pace(refusal, .slowDown, after: wait)
    case .park(let reason):
      return .park(refusal, reason, until: error.resetTime(after: wait, at: unixTime))
    case .fail: return .fail(refusal)
    }
  }

  private func exit(for error: ErrorBody, status: Int, isProvidersOwn: Bool) -> Exit {
    // Google begins its refusals by the minute with words that elsewhere mean a lack of credit.
    if let quota = error.quota { return quota.isPerDay ? .park(.billing) : .pace }
    let message = error.message ?? ""
    if let phrase = phrases.first(where: { message.hasPrefix($0.beginning) }) { return phrase.exit }
    // What began well is refused within its body; without a status there it may be broken off by
    // what the model said, which another attempt may not.
    let told = (200..<300).contains(status) ? error.status ?? status : status
    if error.isAboutPrompt, [400, 403, 422, 451].contains(told) { return .fail }
    if let exit = error.code.flatMap({ codes[$0] }) ?? error.type.flatMap({ codes[$0] }) {
      return exit
    }
    // A firewall refuses single prompts with a page of its own; that says nothing about the key.
    if status == 403, !isProvidersOwn { return .retry }
    if [401, 402, 403, 407].contains(status) { return Self.exit(forStatus: status) }
    if let told = error.status { return Self.exit(forStatus: told) }
    if (200..<300).contains(status) {
      return error.type == "invalid_request_error" ? .fail : .retry
    }
    return Self.exit(forStatus: status)
  }

  /// What a status means where no code says more.
  private static func exit(forStatus status: Int) -> Exit {
    switch status {
    case 401, 403: .park(.credential)
    case 402: .park(.billing)
    case 300..<400, 407: .park(.configuration)
    case 429: .pace
    // 520 to 524 are Cloudflare's words for an origin that is down, unreachable or too slow.
    case 502...504, 520...524, 529: .overload
    case 408, 409, 425: .retry
    case 400..<500: .fail
    default: .retry
    }
  }

  /// Redirects are not followed, since the key would follow too.
  private func redirectMessage(_ response: HTTPResponse) -> String? {
    guard (300..<400).contains(response.status) else { return nil }
    let target = response.header("location").map { " to \($0.prefix { $0 != "?" && $0 != "#" })" }
    return "the endpoint redirects\(target ?? ""), which is not followed; "
      + "set the base URL to the final address"
  }
}

extension RefusalPolicy {
  /// Judges any response: a result only if all of its body is JSON in the provider's shape, or can be
  /// made that.
  ///
  /// What is no answer at all is asked for again; an answer that cannot be read has been paid for, so
  /// its job fails and keeps it.
  ///
  /// - Parameters:
  ///   - response: the response.
  ///   - unixTime: when it arrived, in seconds since 1970.
  ///   - usage: what any answer says that it used.
  ///   - read: what the result says, or nil if the body does not have the shape of a result.
  /// - Returns: the completion, or one of the four exits.
  func outcome(
    of response: HTTPResponse,
    at unixTime: Double,
    usage: (JSONValue) -> Usage,
    reading read: (JSONValue) -> Completion?
  ) -> Outcome {
    guard (200..<300).contains(response.status) else {
      return judge(response, body: try? JSONValue(parsing: response.body), at: unixTime)
    }
    switch AnswerReading(response) {
    case .json(let body, let mended):
      if var completion = read(body) {
        if completion.finish == .error, Self.isBrokenOff(body) {
          return brokenOff(response, body, completion.usage, at: unixTime)
        }
        completion.mended = mended
        return .completed(completion)
      }
      if ErrorBody.isReported(in: body) {
        let used = usage(body)
        // More than an error is an answer that failed, and may have been billed.
        let isAnswer = used != Usage() || body["output"] != nil
        return judge(response, body: body, at: unixTime, paid: isAnswer ? used : nil)
      }
      let message = "the answer is JSON but not a result; the failed line keeps it"
      return .fail(refusal(response, "unexpected_body", message, paid: usage(body)))
    case .noAnswer(let code, let message):
      return .retry(refusal(response, code, message), .fault, after: nil)
    case .cut(let message):
      return .retry(refusal(response, "truncated", message, paid: Usage()), .fault, after: nil)
    case .brokenOff(let error):
      return judge(response, body: error, at: unixTime, paid: Usage())
    case .unreadable(let message):
      let words = "\(message); the failed line keeps it"
      return .fail(refusal(response, "unreadable_answer", words, paid: Usage()))
    }
  }

  /// Whether none of its choices came to its end.
  private static func isBrokenOff(_ body: JSONValue) -> Bool {
    (body["choices"]?.elements ?? []).allSatisfy { choice in
      ErrorBody.isReported(in: choice)
        || choice["finish_reason"]?.string.flatMap(FinishReason.init) == .error
    }
  }

  /// Judges a result that says of itself that it is none (openrouter.ai/docs, Errors).
  private func brokenOff(
    _ response: HTTPResponse,
    _ body: JSONValue,
    _ usage: Usage,
    at unixTime: Double
  ) -> Outcome {
    let choices = body["choices"]?.elements ?? []
    if let choice = choices.first(where: ErrorBody.isReported) {
      return judge(response, body: choice, at: unixTime, paid: usage)
    }
    let word = choices.first?["finish_reason"]?.string ?? "error"
    return .retry(
      refusal(
        response,
        "finish_\(word)",
        "the provider broke the answer off: \(word)",
        paid: usage
      ),
      .fault,
      after: nil
    )
  }

  private func refusal(
    _ response: HTTPResponse,
    _ code: String,
    _ message: String,
    paid: Usage? = nil
  ) -> Refusal {
    Refusal(
      status: response.status,
      code: code,
      message: message,
      requestID: response.header("request-id") ?? response.header("x-request-id"),
      paid: paid
    )
  }
}
