import Secrets

/// One version of a secret, as `GetSecretValue` answers with it.
struct SecretsManagerValue: ~Copyable {
  /// AWS's name of the version.
  let version: String
  let text: Secret

  /// Reads the answer.
  ///
  /// - Parameters:
  ///   - body: the JSON of the answer.
  ///   - name: names the secret in messages.
  /// - Throws: ``KeySourceError`` of kind `unavailable` where it is not such an answer, and of kind
  ///   `denied` where the secret is empty.
  init(body: Span<UInt8>, of name: String) throws(KeySourceError) {
    var places: [String: Range<Int>] = [:]
    do throws(JSONText.Malformed) {
      for member in try JSONText.members(of: try JSONText.root(of: body), in: body)
      where JSONText.isString(member.value, in: body) {
        places[member.name] = member.value
      }
    } catch {
      throw KeySourceError(
        .unavailable,
        "the answer for \(name) is not from AWS Secrets Manager: \(error.why); check the endpoint"
      )
    }
    guard let text = Self.text(of: body, at: places) else {
      throw KeySourceError(.denied, "\(name) has no value; put the key there")
    }
    self.text = text
    version = places["VersionId"].map { JSONText.string(at: $0, in: body) } ?? ""
  }

  private static func text(of body: Span<UInt8>, at places: [String: Range<Int>]) -> Secret? {
    if let string = places["SecretString"] { return JSONText.secret(at: string, in: body) }
    guard let binary = places["SecretBinary"] else { return nil }
    return JSONText.secret(at: binary, in: body).withBytes { Base64Secret.decode($0) }
  }
}
