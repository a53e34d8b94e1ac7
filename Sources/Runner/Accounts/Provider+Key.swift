package import KeySources
package import Transport

extension Provider {
  /// Header fields with the key among them.
  ///
  /// - Throws: ``TransportError`` where one of them cannot be sent.
  package func headers(
    _ fields: [(name: String, value: String)],
    with key: Key
  ) throws(TransportError) -> RequestHeaders {
    guard !key.isAbsent else { return try RequestHeaders(fields) }
    return try key.withSecret { secret throws(TransportError) in
      try RequestHeaders(
        fields,
        credential: secret,
        name: credentialHeader.name,
        prefix: credentialHeader.prefix
      )
    }
  }
}
