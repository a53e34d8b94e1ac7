import Runner
import Testing
import Transport

@Suite struct `Refusals of an account` {
  /// 2026-11-23T20:00:00Z.
  private static let now = 1_795_464_000.0
  /// 2026-12-01T00:00:00Z.
  private static let december = 1_796_083_200.0

  private static func anthropic(
    _ status: Int,
    _ type: String,
    _ message: String,
    details: String? = nil,
    retryAfter: String? = nil,
    at unixTime: Double = now
  ) -> Outcome {
    let more = details.map { #","details":{"error_code":"\#($0)"}"# } ?? ""
    let response = HTTPResponse(
      status: status,
      headers: retryAfter.map { [("retry-after", $0)] } ?? [],
      body: Array(
        (#"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"\#(more)},"#
          + #""request_id":"req_011CSHoEeqs5C35K2UUqR7Fy"}"#).utf8
      )
    )
    return Anthropic().outcome(of: response, path: "/v1/messages", at: unixTime)
  }

  private static func openAI(
    _ status: Int,
    _ code: String,
    _ message: String,
    type: String = "insufficient_quota",
    retryAfter: String? = nil
  ) -> Outcome {
    let response = HTTPResponse(
      status: status,
      headers: retryAfter.map { [("retry-after", $0)] } ?? [],
      body: Array(
        (#"{"error":{"message":"\#(message)","type":"\#(type)","param":null,"#
          + #""code":"\#(code)"}}"#).utf8
      )
    )
    return OpenAI().outcome(of: response, path: "/v1/chat/completions", at: now)
  }

  private static let spendCap =
    "Your organization has reached the monthly spend limit of its usage tier."

  @Test(arguments: [
    (1_795_464_000.0, 1_796_083_200.0),
    // The last second of a year, the first of a month, and February of a leap year.
    (1_798_761_599, 1_798_761_600), (1_796_083_200, 1_798_761_600), (1_834_000_000, 1_835_481_600),
  ])
  func `a tier's spend limit lasts until the month is over`(_ now: Double, _ reset: Double) {
    let outcome = Self.anthropic(
      429,
      "rate_limit_error",
      Self.spendCap,
      details: "enforced_spend_limit_reached",
      at: now
    )
    #expect(outcome.exit == .park(.billing) && outcome.parkedUntil == reset)
    #expect(outcome.refusal?.code == "enforced_spend_limit_reached")
  }

  @Test func `a spend limit with a wait lasts as long as told`() {
    let outcome = Self.anthropic(
      429,
      "rate_limit_error",
      Self.spendCap,
      details: "enforced_spend_limit_reached",
      retryAfter: "3600"
    )
    #expect(outcome.parkedUntil == Self.now + 3_600)
  }

  @Test(
    arguments: [
      ("API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.", december),
      ("workspace API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.", december),
      ("API usage limits. You will regain access on 2026-12-01 at 06:30 UTC.", december + 23_400),
      ("API usage limits. You will regain access on 2026-12-01.", december),
      ("API usage limits. You will regain access on 2027-03-01 at 00:00 UTC.", 1_803_859_200),
      ("API usage limits. You will regain access on 2026-11-01 at 00:00 UTC.", nil),
      ("API usage limits. You will regain access on 2026-13-01 at 00:00 UTC.", nil),
      ("API usage limits. You will regain access on 2026-12", nil),
      ("API usage limits. You will regain access soon.", nil), ("API usage limits.", nil),
    ] as [(String, Double?)]
  )
  func `one's own spend limit lasts until the day that it names`(
    _ words: String,
    _ reset: Double?
  ) {
    let outcome = Self.anthropic(
      400,
      "invalid_request_error",
      "You have reached your specified " + words
    )
    #expect(outcome.exit == .park(.billing) && outcome.parkedUntil == reset)
  }

  @Test(
    arguments: [
      (
        400, "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing "
          + "to upgrade or purchase credits.", .billing
      ),
      (402, "billing_error", "There is an issue with your billing information.", .billing),
      (400, "invalid_request_error", "This organization has been disabled.", .credential),
      (403, "permission_error", "Your organization has been disabled.", .credential),
      (
        400, "invalid_request_error",
        "Your account has been disabled after an automatic review of your recent activities.",
        .credential
      ),
      (401, "authentication_error", "invalid x-api-key", .credential),
      (
        403, "permission_error",
        "Your API key does not have permission to use the specified resource.", .credential
      ),
    ] as [(Int, String, String, ParkReason)]
  )
  func `Anthropic's others name no end`(
    _ status: Int,
    _ type: String,
    _ message: String,
    _ reason: ParkReason
  ) {
    let outcome = Self.anthropic(status, type, message)
    #expect(outcome.exit == .park(reason) && outcome.parkedUntil == nil)
  }

  @Test(
    arguments: [
      (
        429, "insufficient_quota", "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details. For more "
          + "information on this error, read the docs.", .billing
      ),
      (
        429, "credit_balance_exhausted", "insufficient_quota",
        "Your prepaid credit balance is exhausted.", .billing
      ),
      (
        429, "organization_spend_limit_exceeded", "insufficient_quota",
        "Your organization has reached its monthly spend limit.", .billing
      ),
      (
        429, "project_spend_limit_exceeded", "insufficient_quota",
        "This project has reached its monthly spend limit.", .billing
      ),
      (
        429, "organization_usage_limit_exceeded", "insufficient_quota",
        "Your organization has reached its approved usage limit.", .billing
      ),
      (
        429, "billing_not_active", "billing_not_active",
        "Your account is not active, please check your billing details on our website.", .billing
      ),
      (
        400, "billing_hard_limit_reached", "invalid_request_error",
        "Billing hard limit has been reached", .billing
      ),
      (
        401, "account_deactivated", "invalid_request_error",
        "The OpenAI account associated with this API key has been deactivated.", .credential
      ),
      (
        429, "access_terminated", "access_terminated",
        "Your access was terminated due to violation of our policies.", .credential
      ),
      (401, "invalid_api_key", "invalid_request_error", "Incorrect API key provided.", .credential),
      (
        401, "ip_not_authorized", "invalid_request_error",
        "Your IP is not authorized to access this API.", .route
      ),
      (
        403, "unsupported_country_region_territory", "request_forbidden",
        "Country, region, or territory not supported", .route
      ),
    ] as [(Int, String, String, String, ParkReason)]
  )
  func `OpenAI's last until retry-after, if there is one`(
    _ status: Int,
    _ code: String,
    _ type: String,
    _ message: String,
    _ reason: ParkReason
  ) {
    let unknown = Self.openAI(status, code, message, type: type)
    #expect(unknown.exit == .park(reason) && unknown.parkedUntil == nil)
    #expect(unknown.refusal?.code == code)
    let known = Self.openAI(status, code, message, type: type, retryAfter: "864000")
    #expect(known.exit == .park(reason) && known.parkedUntil == Self.now + 864_000)
  }
}
