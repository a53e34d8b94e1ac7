import JSON

/// What the body of a refusal says, in whichever of the usual shapes it comes.
///
/// - Anthropic: `{"type":"error","error":{"type","message","details"},"request_id"}`
/// - OpenAI: `{"error":{"message","type","param","code"}}`, `code` a word, a status or null
/// - Google: `{"error":{"code","message","status","details"}}`, also as the only element of an array
/// - compatible servers: `{"error":"words"}`, `{"message","type","code"}`, `{"detail":"words"}`
/// - proxies: HTML or plain text
struct ErrorBody {
  /// A word such as `insufficient_quota`, the code of Anthropic's `details`, or beside a status the
  /// reason of OpenRouter's `metadata`.
  var code: String?
  /// A word such as `rate_limit_error`.
  var type: String?
  /// An HTTP status that stands where a code is due.
  var status: Int?
  var message: String?
  var requestID: String?
  /// The quota that is used up, where Google says so.
  var quota: GoogleQuota?
  /// Whether it is about what this one prompt says.
  var isAboutPrompt = false

  /// Reads a parsed body; nil if it reports no error.
  init?(_ body: JSONValue) {
    let body = body.elements?.first ?? body
    guard let error = Self.errorObject(of: body) else { return nil }
    requestID = body["request_id"]?.string
    guard error.kind == .object else {
      message = error.string ?? error.source
      type = body["error_type"]?.string
      return
    }
    type = error["type"]?.string ?? error["status"]?.string
    quota = GoogleQuota(error)
    message = error["message"]?.string
    let word = error["details"]?["error_code"]?.string ?? error["code"]?.string
    status = (error["code"]?.integer ?? word.flatMap { Int($0) }).flatMap(Self.asStatus)
    code = status == nil ? word : error["metadata"]?["reason"]?.string
    isAboutPrompt = saysItIsAboutPrompt(error)
  }

  /// Describes a body that is no error object: the first words of a text, nothing of a page.
  init(text body: [UInt8], status: Int) {
    let text = String(decoding: body.prefix(4_000), as: UTF8.self).drop { $0.isWhitespace }
    message =
      text.isEmpty
      ? "HTTP \(status) without a body"
      : text.hasPrefix("<")
        ? "HTTP \(status) with a web page\(Self.title(of: text)) instead of the provider's answer, "
          + "probably from a proxy or for maintenance"
        : "HTTP \(status): \(text.prefix(300))"
  }

  /// What a page calls itself, in quotes; empty where it does not.
  private static func title(of page: Substring) -> String {
    guard let start = page.firstRange(of: "<title>"),
      let end = page[start.upperBound...].firstRange(of: "</title>")
    else { return "" }
    return " (\"\(page[start.upperBound..<end.lowerBound].prefix(80))\")"
  }

  /// Whether a body that came with a status of success reports an error all the same.
  static func isReported(in body: JSONValue) -> Bool {
    if let error = body["error"] { return error.kind != .false && error.string != "" }
    return body["object"]?.string == "error" || body["type"]?.string == "error"
  }

  private static func errorObject(of body: JSONValue) -> JSONValue? {
    if let error = body["error"] { return error.kind == .false ? nil : error }
    if body["object"]?.string == "error" || body["type"]?.string == "error" { return body }
    return body["detail"] ?? (body["message"]?.string == nil ? nil : body)
  }

  private static func asStatus(_ number: Int) -> Int? {
    (400...599).contains(number) ? number : nil
  }
}
