/// By what path a response came, and how long each step of it took.
package struct PathReport: Sendable {
  /// The address at the other end of the connection: that of the server, or of a proxy.
  package let address: String
  /// From the start of the transfer until the name had an address.
  package let resolved: Duration
  /// Until the connection stood.
  package let connected: Duration
  /// Until it was encrypted; zero where it is not.
  package let secured: Duration
  /// Until the first byte of the response.
  package let answered: Duration
  /// Of the server; nil where the connection is not encrypted.
  package let certificate: Certificate?

  /// Who vouches for a server, and for how long.
  package struct Certificate: Sendable, Equatable {
    /// As the certificate has it, such as `C = US, O = Google Trust Services, CN = WE1`.
    package let issuer: String
    /// As libcurl has it, such as `Nov 29 12:00:00 2027 GMT`.
    package let expires: String

    package init(issuer: String, expires: String) {
      self.issuer = issuer
      self.expires = expires
    }
  }

  package init(
    address: String,
    resolved: Duration,
    connected: Duration,
    secured: Duration,
    answered: Duration,
    certificate: Certificate?
  ) {
    self.address = address
    self.resolved = resolved
    self.connected = connected
    self.secured = secured
    self.answered = answered
    self.certificate = certificate
  }
}
