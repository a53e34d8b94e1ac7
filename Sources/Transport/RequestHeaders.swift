package import Secrets

/// The header fields of a request as they go on the wire, credential included.
///
/// Build it once per key and provider and share it between all their requests: sending copies
/// nothing. Requests with a credential share connections only where they share this object. When
/// its last user lets go, it is retired and its memory wiped.
package final class RequestHeaders: Sendable {
  let list: HeaderList
  let credential: Credential?

  /// Makes header fields without a credential.
  ///
  /// libcurl adds `Host`, `Accept`, `Accept-Encoding` and `Content-Length`, and declares a POST to
  /// be a form unless `Content-Type` is among the fields.
  ///
  /// - Throws: ``TransportError/Code/invalidRequest`` for a name or value that is not allowed in a
  ///   header field (RFC 9110 section 5).
  package init(_ fields: [(name: String, value: String)] = []) throws(TransportError) {
    var list = HeaderList()
    for field in fields { try list.append(name: field.name, value: field.value) }
    self.list = list
    credential = nil
  }

  /// Makes header fields, the last of which is `name: prefix` followed by the secret's bytes.
  ///
  /// The secret is copied from its own memory into the header line and nowhere else.
  ///
  /// - Throws: ``TransportError/Code/invalidRequest`` for a name, value or secret that is not
  ///   allowed in a header field (RFC 9110 section 5); the message never holds the value.
  package init(
    _ fields: [(name: String, value: String)],
    credential: borrowing Secret,
    name: String,
    prefix: String = ""
  ) throws(TransportError) {
    var list = HeaderList()
    for field in fields { try list.append(name: field.name, value: field.value) }
    try list.append(name: name, prefix: prefix, secret: credential)
    self.list = list
    self.credential = Credential()
  }

  /// Closes the connections that carried the credential: idle ones at once, the others when their
  /// requests end.
  ///
  /// Nothing is aborted, and a request that is sent with it all the same gets a new connection.
  package func retire() {
    credential?.retire()
  }
}
