import Runner
import Testing
import Transport

/// Codes that decide although the `type` beside them says something else.
@Suite struct `The words of a provider` {
  private enum Exit: Equatable {
    case retry(RetryCause)
    case pace(PaceCause)
    case park(ParkReason)
    case fail
    case completed

    init(_ outcome: Outcome) {
      switch outcome {
      case .retry(_, let cause, _): self = .retry(cause)
      case .pace(_, let cause, _): self = .pace(cause)
      case .park(_, let reason, _): self = .park(reason)
      case .fail: self = .fail
      case .completed: self = .completed
      }
    }
  }

  private static let anthropic: [(Int, String, Exit)] = [
    (429, "ramp_limit_exceeded", .pace(.slowDown)),
    (429, "contract_spend_limit_reached", .park(.billing)),
    (429, "enforced_spend_limit_reached", .park(.billing)),
    (402, "linked_organization_spend_limit_reached", .park(.billing)),
    (402, "linked_organization_billing_unavailable", .park(.billing)),
    (400, "organization_on_hold", .park(.credential)),
    (400, "claude_code_key_creator_not_member", .park(.credential)),
    (400, "cmek_key_disabled", .park(.configuration)),
    (400, "cmek_key_network_blocked", .park(.configuration)),
    (400, "workspace_human_review_disabled", .park(.configuration)),
    (403, "user_profile_billing_not_authorized", .fail),
    (403, "user_profile_not_billable", .fail),
    (400, "image_dimensions_too_large", .fail), (404, "file_expired", .fail),
    (400, "request_body_timeout", .retry(.fault)), (503, "cmek_key_unreachable", .retry(.overload)),
    (503, "cmek_context_unavailable", .retry(.overload)),
  ]

  @Test(
    arguments: Self.anthropic,
    ["rate_limit_error", "invalid_request_error", "api_error"]
  )
  private func `in Anthropic's details go before its type`(
    _ fixture: (status: Int, code: String, exit: Exit),
    _ type: String
  ) {
    let error = #"{"type":"\#(type)","message":"x","details":{"error_code":"\#(fixture.code)"}}"#
    let body = #"{"type":"error","error":\#(error),"request_id":"req_1"}"#
    let response = HTTPResponse(status: fixture.status, body: Array(body.utf8))
    let outcome = Anthropic().outcome(of: response, path: "/v1/messages", at: 0)
    #expect(Exit(outcome) == fixture.exit)
  }

  private static let openAI: [(Int, String, String, Exit)] = [
    // OpenAI's flex tier without room.
    (429, "resource_unavailable", "rate_limit_error", .retry(.overload)),
    (429, "slow_down", "rate_limit_error", .pace(.slowDown)),
    (503, "server_is_overloaded", "server_error", .retry(.overload)),
    // Mistral's numbers.
    (429, "3505", "service_tier_capacity_exceeded", .retry(.overload)),
    (429, "1300", "rate_limited", .pace(.limit(nil))),
    // Groq's flex tier without room.
    (498, "capacity_exceeded", "invalid_request_error", .retry(.overload)),
  ]

  @Test(arguments: Self.openAI)
  private func `of OpenAI's dialects tell no room from a limit`(
    _ status: Int,
    _ code: String,
    _ type: String,
    _ exit: Exit
  ) {
    let error = #"{"message":"x","type":"\#(type)","param":null,"code":"\#(code)"}"#
    let response = HTTPResponse(status: status, body: Array(#"{"error":\#(error)}"#.utf8))
    let outcome = OpenAI().outcome(of: response, path: "/v1/chat/completions", at: 0)
    #expect(Exit(outcome) == exit)
  }
}
