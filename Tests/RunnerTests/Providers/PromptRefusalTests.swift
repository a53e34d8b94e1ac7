import Runner
import Testing
import Transport

@Suite struct `A refusal for the content of a prompt` {
  private static func outcome(_ status: Int, _ error: String) -> Outcome {
    let response = HTTPResponse(
      status: status,
      headers: [],
      body: Array(#"{"error":\#(error)}"#.utf8)
    )
    return OpenAI().outcome(of: response, path: "/v1/chat/completions", at: 0)
  }

  @Test(arguments: [
    // OpenRouter's documented shape.
    #"{"code":403,"message":"Your input was flagged","metadata":{"reasons":["violence"],"#
      + #""flagged_input":"x","provider_name":"Some"}}"#,
    #"{"code":403,"message":"no","metadata":{"reasons":["self-harm"]}}"#,
    #"{"message":"no","type":"invalid_request_error","code":"content_policy_violation"}"#,
    #"{"message":"no","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}"#,
    #"{"message":"no","type":"moderation_blocked"}"#,
    #"{"message":"no","metadata":{"error_type":"guardrail_blocked"}}"#,
    #"{"message":"The model requires moderation, and your prompt was flagged for hate"}"#,
  ])
  func `fails the job and not the key`(_ error: String) {
    for status in [400, 403] {
      guard case .fail = Self.outcome(status, error) else {
        Issue.record("\(status) \(error) is not taken for the prompt's")
        continue
      }
    }
  }

  @Test(arguments: [#"{"choices":["#, #"{"error":"#])
  func `fails the job also within an answer that began well`(_ start: String) {
    let error = #"{"code":403,"message":"no","metadata":{"reasons":["violence"]}}"#
    let body = start.contains("[") ? #"\#(start){"error":\#(error)}]}"# : start + error + "}"
    let response = HTTPResponse(status: 200, body: Array(body.utf8))
    let outcome = OpenAI().outcome(of: response, path: "/v1/chat/completions", at: 0)
    guard case .fail = outcome else {
      Issue.record("\(outcome) is not the prompt's")
      return
    }
  }

  @Test(arguments: [
    #"{"message":"Your account was flagged for abuse","type":"forbidden"}"#,
    #"{"message":"You do not have access","code":"permission_denied"}"#,
    #"{"code":403,"message":"Key is not allowed","metadata":{"provider_name":"Some"}}"#,
    #"{"code":403,"message":"Key is not allowed","metadata":{"reasons":[]}}"#,
  ])
  func `is not seen where the account is refused`(_ error: String) {
    guard case .park(_, .credential, _) = Self.outcome(403, error) else {
      Issue.record("\(error) does not park the account")
      return
    }
  }
}
