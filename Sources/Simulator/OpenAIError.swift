/// An OpenAI error: the code decides what a client should do, not the status.
struct OpenAIError {
  let status: Int
  let message: String
  let type: String
  let parameter: String?
  let code: String?

  private init(
    _ status: Int,
    _ message: String,
    type: String = "invalid_request_error",
    parameter: String? = nil,
    code: String? = nil
  ) {
    self.status = status
    self.message = message
    self.type = type
    self.parameter = parameter
    self.code = code
  }

  init(_ refusal: Refusal) {
    switch refusal {
    case .missingKey:
      self.init(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization "
          + "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
      )
    case .wrongKey(let key):
      self.init(
        401,
        "Incorrect API key provided: \(Self.masked(key)). You can find your API key at "
          + "https://platform.openai.com/account/api-keys.",
        code: "invalid_api_key"
      )
    case .unknownPath(let path):
      self.init(404, "Invalid URL (\(path))")
    case .bodyTooLarge:
      self.init(413, "Request body is too large.")
    case .unreadableBody:
      self.init(400, "We could not parse the JSON body of your request.")
    case .missingField("model"):
      self.init(400, "you must provide a model parameter")
    case .missingField(let field):
      self.init(
        400,
        "Missing required parameter: '\(field)'.",
        parameter: field,
        code: "missing_required_parameter"
      )
    case .belowOne(let field):
      self.init(
        400,
        "Invalid '\(field)': integer below minimum value. Expected a value >= 1.",
        parameter: field,
        code: "integer_below_min_value"
      )
    case .unsupportedStreaming:
      self.init(
        400,
        "This rehearsal does not stream.",
        parameter: "stream",
        code: "unsupported_value"
      )
    case .unknownModel(let model):
      self.init(
        404,
        "The model `\(model)` does not exist or you do not have access to it.",
        code: "model_not_found"
      )
    case .unacceptablePrompt:
      self.init(
        400,
        "The rehearsal was told to refuse this prompt.",
        parameter: "messages",
        code: "invalid_prompt"
      )
    case .terminal(let reason, _):
      self.init(terminal: reason)
    case .limitExceeded, .rateLimitFault, .held, .acceleration, .serverError, .overloaded:
      self.init(temporary: refusal)
    }
  }

  private init(temporary refusal: Refusal) {
    switch refusal {
    case .limitExceeded(let limit):
      let isRequests = limit.meter == .requests
      let metered = isRequests ? "requests per min (RPM)" : "tokens per min (TPM)"
      self.init(
        429,
        "Rate limit reached in organization org-rehearsal on \(metered): "
          + "Limit \(limit.perMinute). Please try again in \(limit.wait.openAINotation). "
          + "Visit https://platform.openai.com/account/rate-limits to learn more.",
        type: isRequests ? "requests" : "tokens",
        code: "rate_limit_exceeded"
      )
    case .acceleration:
      self.init(
        429,
        "Slow down: a sudden increase in your request rate is impacting service reliability. "
          + "Please reduce your request rate and increase it gradually.",
        type: "requests",
        code: "slow_down"
      )
    case .rateLimitFault, .held:
      self.init(
        429,
        "Rate limit reached. Please try again later.",
        type: "requests",
        code: "rate_limit_exceeded"
      )
    case .overloaded:
      self.init(
        503,
        "The server is currently overloaded with other requests. Please try again later.",
        type: "server_error",
        code: "server_is_overloaded"
      )
    default:
      self.init(
        500,
        "The server had an error while processing your request. Sorry about that!",
        type: "server_error"
      )
    }
  }

  private init(terminal reason: TerminalRefusal) {
    switch reason {
    case .spendLimit:
      self.init(quota: "organization_spend_limit_exceeded")
    case .usageLimit:
      self.init(quota: "project_spend_limit_exceeded")
    case .credit:
      self.init(quota: "credit_balance_exhausted")
    case .disabled:
      self.init(
        401,
        "The OpenAI account associated with this API key has been deactivated. If you are the "
          + "developer for this OpenAI app, please check your email for more information.",
        code: "account_deactivated"
      )
    }
  }

  private init(quota code: String) {
    self.init(
      429,
      "You exceeded your current quota, please check your plan and billing details. For more "
        + "information on this error, read the docs: "
        + "https://platform.openai.com/docs/guides/error-codes/api-errors.",
      type: "insufficient_quota",
      code: code
    )
  }

  /// The provider repeats the ends of a wrong key, so a client that logs errors leaks them.
  private static func masked(_ key: String) -> String {
    guard key.count > 12 else { return String(repeating: "*", count: key.count) }
    return key.prefix(8) + String(repeating: "*", count: key.count - 12) + key.suffix(4)
  }
}
