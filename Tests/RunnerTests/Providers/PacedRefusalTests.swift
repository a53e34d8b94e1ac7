import Runner
import Testing
import Transport

@Suite struct `Refusals for the sake of pace` {
  private static func outcome(
    of provider: any Provider,
    _ status: Int,
    _ body: String
  ) -> Outcome {
    let response = HTTPResponse(status: status, body: Array(body.utf8))
    return provider.outcome(of: response, path: "/v1/chat/completions", at: 0)
  }

  private static let organisation = "This request would exceed your organization's "
  private static let advice =
    " (org: 8e6b). For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see "
    + "the response headers for current usage. Please reduce the prompt length or the maximum "
    + "tokens requested, or try again later."

  @Test(
    arguments: [
      (organisation + "rate limit of 4,000 requests per minute" + advice, .limit(.requests)),
      (
        organisation + "rate limit of 30,000 input tokens per minute" + advice, .limit(.inputTokens)
      ),
      (
        organisation + "rate limit of 8,000 output tokens per minute" + advice,
        .limit(.outputTokens)
      ),
      ("Number of requests has exceeded your per-minute rate limit", .limit(.requests)),
      ("Number of request tokens has exceeded your per-minute rate limit", .limit(.inputTokens)),
      ("Number of concurrent connections has exceeded your rate limit", .limit(nil)),
      ("This request would exceed your account's rate limit. Please try again later.", .limit(nil)),
      (
        organisation + "maximum usage increase rate for input tokens per minute. Please scale up "
          + "your input tokens usage more gradually to stay within the acceleration limit.",
        .slowDown
      ),
      ("Number of requests is over the acceleration limit", .slowDown),
    ] as [(String, PaceCause)]
  )
  func `Anthropic's message names the meter`(_ message: String, _ cause: PaceCause) {
    let body =
      #"{"type":"error","error":{"type":"rate_limit_error","message":"\#(message)"}}"#
    #expect(Self.outcome(of: Anthropic(), 429, body).paceCause == cause)
  }

  private static let reached = "Rate limit reached for gpt-4o in organization org-1 on "

  @Test(
    arguments: [
      (429, reached + "requests per min (RPM): Limit 500, Used 500.", "requests", .requests),
      (429, reached + "tokens per min (TPM): Limit 30000, Used 29000.", "tokens", .tokens),
      (429, reached + "requests per day (RPD): Limit 200, Used 200.", "rate_limit", .requests),
      (429, reached + "tokens per min (TPM): Limit 30000.", "rate_limit", .tokens),
      (429, "Please slow down.", "rate_limit", nil),
      (
        429,
        "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have "
          + "exceeded token rate limit of your current OpenAI S0 pricing tier.", "", .tokens
      ),
      (
        429,
        "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have "
          + "exceeded call rate limit of your current OpenAI S0 pricing tier.", "", .requests
      ),
    ] as [(Int, String, String, Meter?)]
  )
  func `OpenAI's type or message names the meter`(
    _ status: Int,
    _ message: String,
    _ type: String,
    _ meter: Meter?
  ) {
    let body =
      #"{"error":{"message":"\#(message)","type":"\#(type)","param":null,"#
      + #""code":"rate_limit_exceeded"}}"#
    #expect(Self.outcome(of: OpenAI(), status, body).paceCause == .limit(meter))
  }

  @Test(arguments: [429, 503])
  func `OpenAI's slow down asks for a slower rise`(_ status: Int) {
    let body =
      #"{"error":{"message":"Your traffic increased too quickly. Please slow down.","#
      + #""type":"requests","param":null,"code":"slow_down"}}"#
    #expect(Self.outcome(of: OpenAI(), status, body).paceCause == .slowDown)
  }

  /// What Gemini's OpenAI-compatible endpoint says of a quota.
  private static func google(_ id: String, retryDelay: String?) -> String {
    let info = retryDelay.map {
      #",{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"\#($0)"}"#
    }
    return #"[{"error":{"code":429,"message":"You exceeded your current quota, please check your "#
      + #"plan and billing details.","status":"RESOURCE_EXHAUSTED","details":["#
      + #"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"#
      + #""generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"\#(id)","#
      + #""quotaDimensions":{"location":"global","model":"gemini-2.5-pro"},"quotaValue":"10"}]},"#
      + #"{"@type":"type.googleapis.com/google.rpc.Help","links":[]}\#(info ?? "")]}}]"#
  }

  @Test(
    arguments: [
      (
        "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "38s", .requests, .seconds(38)
      ),
      (
        "GenerateContentInputTokensPerModelPerMinute-FreeTier", "5.5s", .inputTokens,
        .milliseconds(5_500)
      ),
      ("GenerateContentTokensPerMinute", nil, .tokens, nil), ("SomethingNew", "x", nil, nil),
    ] as [(String, String?, Meter?, Duration?)]
  )
  func `Google's quota by the minute waits as long as it says`(
    _ id: String,
    _ delay: String?,
    _ meter: Meter?,
    _ wait: Duration?
  ) {
    let outcome = Self.outcome(of: OpenAI(), 429, Self.google(id, retryDelay: delay))
    #expect(outcome.paceCause == .limit(meter))
    #expect(outcome.wait == wait)
  }

  @Test(
    arguments: [("38s", 38), ("9h54m", 35_640), ("10h17m5.7s", 37_025.7), (nil, nil)]
      as [(String?, Double?)]
  )
  func `Google's quota by the day parks the account`(_ delay: String?, _ reset: Double?) {
    let id = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
    let outcome = Self.outcome(of: OpenAI(), 429, Self.google(id, retryDelay: delay))
    #expect(outcome.exit == .park(.billing) && outcome.parkedUntil == reset)
  }

  @Test func `Google without details is paced without a wait`() {
    let body =
      #"{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","#
      + #""status":"RESOURCE_EXHAUSTED"}}"#
    let outcome = Self.outcome(of: OpenAI(), 429, body)
    #expect(outcome.paceCause == .limit(nil) && outcome.wait == nil)
  }

  @Test(arguments: [
    (500, RetryCause.overload), (408, .fault), (409, .fault), (520, .overload), (502, .overload),
    (503, .overload), (504, .overload), (529, .overload),
  ])
  func `a status tells overload from a fault`(_ status: Int, _ cause: RetryCause) {
    #expect(Self.outcome(of: Anthropic(), status, "").retryCause == cause)
    #expect(Self.outcome(of: OpenAI(), status, "").retryCause == cause)
  }

  @Test(arguments: [
    (200, "overloaded_error", RetryCause.overload), (500, "overloaded_error", .overload),
    (200, "timeout_error", .overload), (500, "api_error", .fault), (503, "api_error", .overload),
    (503, "conflict_error", .overload),
  ])
  func `Anthropic's code tells overload from a fault`(
    _ status: Int,
    _ type: String,
    _ cause: RetryCause
  ) {
    let body = #"{"type":"error","error":{"type":"\#(type)","message":"x"}}"#
    #expect(Self.outcome(of: Anthropic(), status, body).retryCause == cause)
  }

  @Test(arguments: [
    (503, "server_is_overloaded", RetryCause.overload), (500, "server_is_overloaded", .overload),
    (500, "server_error", .fault), (503, "server_error", .overload),
  ])
  func `OpenAI's code tells overload from a fault`(
    _ status: Int,
    _ code: String,
    _ cause: RetryCause
  ) {
    let body = #"{"error":{"message":"x","type":"server_error","code":"\#(code)"}}"#
    #expect(Self.outcome(of: OpenAI(), status, body).retryCause == cause)
  }

  @Test(arguments: ["", "<html>", #"{"content":"#])
  func `an unusable body is a fault`(_ body: String) {
    #expect(Self.outcome(of: Anthropic(), 200, body).retryCause == .fault)
  }
}
