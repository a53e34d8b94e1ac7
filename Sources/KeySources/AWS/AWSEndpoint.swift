import Transport

/// An address at which AWS, or what stands in for it, is asked.
struct AWSEndpoint: Hashable, Sendable {
  /// The URL, without a slash at its end.
  let url: String
  private let address: WebAddress

  /// Takes a URL apart; nil for anything but `http://` and `https://` with a host and no user.
  init?(_ text: String) {
    guard let address = try? WebAddress(text, allowsQuery: true) else { return nil }
    self.address = address
    url = text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  var isEncrypted: Bool { address.isEncrypted }
  /// Whether what is sent there stays on this machine.
  var isLoopback: Bool { address.isLoopback }

  /// Whether it is the machine that this one runs on, which AWS reaches in clear at fixed addresses.
  var isMetadataService: Bool {
    ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "169.254.169.254", "[fd00:ec2::254]"]
      .contains(address.host)
  }
}
