import JSON
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
    var places: [String: JSONToken] = [:]
    do throws(JSONError) {
      for member in try JSONScanner.wholeValue(in: body).members(in: body)
      where member.value.kind == .string {
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
    version = places["VersionId"].map { $0.string(in: body) ?? "" } ?? ""
  }

  private static func text(of body: Span<UInt8>, at places: [String: JSONToken]) -> Secret? {
    if let string = places["SecretString"] { return string.secret(in: body) }
    guard let binary = places["SecretBinary"] else { return nil }
    return binary.secret(in: body).withBytes { Base64.secret($0) }
  }
}
