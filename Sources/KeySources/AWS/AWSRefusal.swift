import JSON
import Secrets
import Transport

/// An answer of AWS that is an error, and what it means.
///
/// It is told by the error's code: the status is 400 for nearly all of them.
struct AWSRefusal {
  enum Verdict {
    /// The secret is no more, or never was.
    case gone
    case denied
    /// The credentials are not good, or not any more; others may be.
    case credentials
    /// The clock of this machine is wrong.
    case clock
    case unavailable
  }

  let status: Int
  /// Such as `AccessDeniedException`; empty where the answer has none.
  let code: String
  /// AWS's own words, without the session token and anything that looks like a key.
  let message: String

  private static let goneCodes: Set = ["ResourceNotFoundException", "ResourceNotFound"]
  private static let credentialCodes: Set = [
    "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
    "SignatureDoesNotMatch", "IncompleteSignature", "IncompleteSignatureException",
    "ExpiredToken", "ExpiredTokenException", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException", "AuthFailure", "InvalidAccessKeyId",
  ]
  private static let clockCodes: Set = ["RequestExpired", "RequestTimeTooSkewed"]
  private static let outageWords = [
    "Throttl", "TooManyRequests", "RequestLimitExceeded", "LimitExceeded", "InternalService",
    "InternalFailure", "InternalError", "ServiceUnavailable", "Timeout", "SlowDown",
  ]

  /// Reads an answer.
  ///
  /// - Parameters:
  ///   - response: the answer to a request.
  ///   - credentials: what the request was made with. AWS quotes the fields of a request whose
  ///     signature it does not accept, and the session token is one of them.
  init(_ response: HTTPResponse, to credentials: AWSCredentials) {
    status = response.status
    let body = response.body.span
    let fields = Self.fields(of: body)
    let xml = String(decoding: response.body.prefix(8 << 10), as: UTF8.self)
    let code =
      response.header("x-amzn-errortype") ?? fields["__type"] ?? fields["code"]
      ?? Self.element("Code", of: xml) ?? ""
    // `namespace#Code:http://…` is what old services add.
    let name = code.split(separator: "#").last ?? ""
    self.code = credentials.scrub(String(name.prefix { $0 != ":" }), limit: 80)
    let message = fields["message"] ?? fields["Message"] ?? Self.element("Message", of: xml) ?? ""
    let line = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    self.message = credentials.scrub(line, limit: 400)
  }

  var verdict: Verdict {
    if Self.goneCodes.contains(code) { return .gone }
    // What is deleted can still be restored for some days, and is not given out meanwhile.
    if code == "InvalidRequestException", message.contains("delet") { return .gone }
    if Self.clockCodes.contains(code) || isAboutTime { return .clock }
    if Self.credentialCodes.contains(code) { return .credentials }
    if Self.outageWords.contains(where: { code.contains($0) }) { return .unavailable }
    return status == 429 || status >= 500 ? .unavailable : .denied
  }

  /// A signature that is refused for its time alone.
  private var isAboutTime: Bool {
    message.hasPrefix("Signature expired") || message.hasPrefix("Signature not yet current")
  }

  /// The strings of the object that a text is; none where it is something else.
  private static func fields(of text: Span<UInt8>) -> [String: String] {
    guard let root = try? JSONScanner.wholeValue(in: text), root.kind == .object,
      let members = try? root.members(in: text)
    else { return [:] }
    var fields: [String: String] = [:]
    for member in members where member.value.kind == .string {
      fields[member.name] = member.value.string(in: text) ?? ""
    }
    return fields
  }

  private static func element(_ name: String, of xml: String) -> String? {
    guard let start = xml.firstRange(of: "<\(name)>"),
      let end = xml[start.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    return String(xml[start.upperBound..<end.lowerBound])
  }
}

// MARK: - In words

extension AWSRefusal {
  /// Says what happened to a secret that was asked for.
  ///
  /// - Parameters:
  ///   - name: the reference of the secret.
  ///   - region: where it was looked for.
  ///   - origin: where the credentials come from.
  func error(for name: String, region: String, origin: String) -> KeySourceError {
    let said = message.isEmpty ? "" : ": \(message)"
    let what = code.isEmpty ? "status \(status)" : code
    switch verdict {
    case .gone:
      return KeySourceError(
        .gone,
        "\(name) does not exist in region \(region), has no current value or was deleted "
          + "(\(what)\(said)); check its name and the region, or restore it"
      )
    case .clock:
      return KeySourceError(
        .denied,
        "AWS refuses the time of the request for \(name): the clock of this machine is wrong "
          + "(\(what)\(said)); set it, for instance with chrony or systemd-timesyncd"
      )
    case .credentials:
      return KeySourceError(
        .denied,
        "AWS does not accept \(origin) (\(what)\(said)); check or renew them. \(name) was not read"
      )
    case .unavailable:
      return KeySourceError(
        .unavailable,
        "AWS Secrets Manager cannot give \(name) now (\(what)\(said)); it is asked again"
      )
    case .denied where code.hasPrefix("AccessDenied"):
      return KeySourceError(
        .denied,
        "\(origin) may not read \(name)\(said); allow the action secretsmanager:GetSecretValue on "
          + "it and, where it has a key of its own, kms:Decrypt"
      )
    case .denied where code.hasPrefix("DecryptionFailure"):
      return KeySourceError(
        .denied,
        "AWS cannot decrypt \(name)\(said); check its KMS key, and that \(origin) may use the "
          + "action kms:Decrypt"
      )
    case .denied:
      return KeySourceError(.denied, "AWS refuses to give \(name) (\(what)\(said)); check its name")
    }
  }
}
