internal import Glibc

extension Route {
  /// Finds out at once what would otherwise be said by every connection, less clearly.
  ///
  /// - Throws: ``TransportError/Code/setup`` when a CA file, the client certificate or its key cannot
  ///   be read, or the server name or the pinned key is none.
  package func check() throws(TransportError) {
    let files = [
      ("CA file", caFile), ("client certificate", clientCertificate), ("client key", clientKey),
      ("CA file", proxy?.caFile),
    ]
    for case (let role, .some(let file)) in files { try refuseUnreadable(role, file) }
    for case .some(let file) in [caFile, proxy?.caFile] { try refuseEmpty(file) }
    if clientKey != nil, clientCertificate == nil {
      throw TransportError(.setup, "a client key is set without the client certificate it is for")
    }
    if let serverName, NamedServer(name: serverName, url: "https://host/") == nil {
      throw TransportError(.setup, "the server name \"\(serverName)\" is not a host name")
    }
    if let pin, !pin.split(separator: ";", omittingEmptySubsequences: false).allSatisfy(isPin) {
      throw TransportError(
        .setup,
        "the pinned key is not written as sha256//…; what stands there is the SHA-256 of the "
          + "server's public key in base64, several with ; between them"
      )
    }
  }

  private func refuseEmpty(_ caFile: String) throws(TransportError) {
    guard TrustStore.isUsable, TrustStore(file: caFile) == nil else { return }
    throw TransportError(
      .setup,
      "the CA file \(caFile) holds no certificate in PEM; name the file of the authority that "
        + "signed the server's, which begins with -----BEGIN CERTIFICATE-----"
    )
  }
}

/// `sha256//` and 32 bytes in base64.
private func isPin(_ text: Substring) -> Bool {
  let digits = text.dropFirst(8)
  return text.hasPrefix("sha256//") && digits.utf8.count == 44 && digits.last == "="
    && digits.dropLast().utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+/".utf8.contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

/// Looks at a file before anything opens it, which in a pipe would wait for its writer.
private func refuseUnreadable(_ role: String, _ file: String) throws(TransportError) {
  var information = stat()
  guard unsafe stat(file, &information) == 0, unsafe access(file, R_OK) == 0 else {
    let reason = unsafe String(cString: strerror(errno)).lowercased()
    throw TransportError(
      .setup,
      "cannot read the \(role) \(file): \(reason); check its name and permissions"
    )
  }
  guard information.st_mode & S_IFMT == S_IFREG else {
    throw TransportError(
      .setup,
      "the \(role) \(file) is no regular file; copy what it holds into one, and name that"
    )
  }
}
