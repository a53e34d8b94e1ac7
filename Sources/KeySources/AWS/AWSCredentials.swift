import JSON
import Secrets
import Transport

/// What AWS knows somebody by.
final class AWSCredentials: Sendable {
  let accessKeyID: String
  private let secretKey: Secret
  private let sessionToken: Secret?
  /// When AWS takes them back, in milliseconds since 1970; nil for never, or not known.
  let expires: Int64?
  /// Where they come from, for messages.
  let origin: String

  init(
    accessKeyID: String,
    secretKey: consuming Secret,
    sessionToken: consuming Secret? = nil,
    expires: Int64? = nil,
    origin: String
  ) {
    self.accessKeyID = accessKeyID
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.expires = expires
    self.origin = origin
  }

  /// Signs for a region.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` for credentials that cannot be any.
  func signature(region: String) throws(KeySourceError) -> AWSSignature {
    do throws(TransportError) {
      return try AWSSignature(
        region: region,
        service: "secretsmanager",
        accessKeyID: accessKeyID,
        secretKey: secretKey.copy()
      )
    } catch {
      throw KeySourceError(.denied, "cannot sign with \(origin): \(error)")
    }
  }

  /// A text of somebody who has seen the session token, without it and without whatever looks like
  /// a key.
  ///
  /// - Parameter limit: the most bytes of text to keep.
  func scrub(_ text: String, limit: Int) -> String {
    let scrubber = Scrubber(limit: limit)
    guard sessionToken != nil else { return scrubber.scrub(text) }
    return scrubber.scrub(text, hiding: sessionToken?.copy() ?? Secret(capacity: 0) { _ in })
  }

  /// The header fields of a request by these credentials.
  func headers(
    _ fields: [(name: String, value: String)]
  ) throws(KeySourceError) -> RequestHeaders {
    do throws(TransportError) {
      guard sessionToken != nil else { return try RequestHeaders(fields) }
      return try RequestHeaders(
        fields,
        credential: sessionToken?.copy() ?? Secret(capacity: 0) { _ in },
        name: "X-Amz-Security-Token"
      )
    } catch {
      throw KeySourceError(.denied, "the session token of \(origin) cannot be sent: \(error)")
    }
  }
}

// MARK: - As a document

extension AWSCredentials {
  /// Reads the JSON that containers, instances and `credential_process` give.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` that shows nothing of it.
  convenience init(document text: Span<UInt8>, origin: String) throws(KeySourceError) {
    let fields = Self.fields(of: text)
    guard let id = fields["AccessKeyId"], let key = fields["SecretAccessKey"] else {
      let code = fields["Code"] ?? fields["code"]
      let reason = code.map { " (\($0.string(in: text) ?? ""))" } ?? ""
      throw KeySourceError(.denied, "\(origin) gave no credentials\(reason); check its role")
    }
    let token = fields["Token"] ?? fields["SessionToken"]
    let expiration = fields["Expiration"].map { $0.string(in: text) ?? "" }
    self.init(
      accessKeyID: id.string(in: text) ?? "",
      secretKey: key.secret(in: text),
      sessionToken: token.map { $0.secret(in: text) },
      expires: expiration.flatMap(Timestamp.moment),
      origin: origin
    )
  }

  /// The places of all strings in the object that a text is; none where it is something else.
  private static func fields(of text: Span<UInt8>) -> [String: JSONToken] {
    guard let root = try? JSONScanner.wholeValue(in: text), root.kind == .object,
      let members = try? root.members(in: text)
    else { return [:] }
    let strings = members.filter { $0.value.kind == .string }
    return Dictionary(strings.map { ($0.name, $0.value) }) { first, _ in first }
  }
}
