/// Where AWS is, and as whom to ask it, as far as the environment says.
///
/// The variables are those of the AWS command line and its libraries. What they leave open, the
/// profile may say; see ``AWSProfile``.
package struct AWSSettings: Sendable {
  /// Such as `eu-central-1`.
  let region: String?
  /// Asked instead of the region's own address.
  let endpoint: AWSEndpoint?
  /// The profile that is asked for by name; nil for the one called `default`, if there is any.
  let profile: String?
  let configFile: String?
  let credentialsFile: String?
  /// A PEM file with the certificates to trust instead of the system's.
  let caFile: String?
  /// Gives credentials to the tasks of ECS and the pods of EKS.
  let container: AWSEndpoint?
  /// Holds what the container endpoint asks for as `Authorization`.
  let containerTokenFile: String?
  /// Gives credentials to instances of EC2; nil where it is not to be asked.
  let instanceMetadata: AWSEndpoint?
  /// Whether a token for a role (IRSA) is set, with which nothing is done here.
  let hasWebIdentity: Bool

  /// Reads the variables.
  ///
  /// - Parameter environment: gives a variable's value; nil for one that is not set.
  /// - Throws: ``KeySourceError`` of kind `usage` for an address that is none, or that would carry
  ///   credentials in clear to another machine.
  package init(environment: (String) -> String?) throws(KeySourceError) {
    func variable(_ name: String) -> String? {
      environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    region = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION")
    endpoint = try Self.endpoint(
      ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"],
      variable
    )
    profile = variable("AWS_PROFILE") ?? variable("AWS_DEFAULT_PROFILE")
    let folder = variable("HOME").map { "\($0)/.aws" }
    configFile = variable("AWS_CONFIG_FILE") ?? folder.map { "\($0)/config" }
    credentialsFile =
      variable("AWS_SHARED_CREDENTIALS_FILE") ?? folder.map { "\($0)/credentials" }
    caFile = variable("AWS_CA_BUNDLE")
    container = try Self.container(variable)
    containerTokenFile = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    instanceMetadata = try Self.instanceMetadata(variable)
    hasWebIdentity = variable("AWS_WEB_IDENTITY_TOKEN_FILE") != nil
  }

  /// Checks an address that a variable or a profile names.
  static func checked(_ url: String, from place: String) throws(KeySourceError) -> AWSEndpoint {
    guard let endpoint = AWSEndpoint(url) else {
      throw KeySourceError(.usage, "\(place) is not a URL such as https://host.example:4566")
    }
    guard endpoint.isEncrypted || endpoint.isLoopback else {
      throw KeySourceError(
        .usage,
        "\(place) is \(endpoint.url), where secrets would travel in clear; use https:// "
          + "(http:// is for this machine alone)"
      )
    }
    return endpoint
  }

  private static func endpoint(
    _ names: [String],
    _ variable: (String) -> String?
  ) throws(KeySourceError) -> AWSEndpoint? {
    for name in names {
      if let url = variable(name) { return try checked(url, from: name) }
    }
    return nil
  }

  private static func container(
    _ variable: (String) -> String?
  ) throws(KeySourceError) -> AWSEndpoint? {
    if let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      // Without the slash the path could make another host of the address.
      return path.hasPrefix("/") ? AWSEndpoint("http://169.254.170.2" + path) : nil
    }
    let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    guard let url = variable(name) else { return nil }
    if let endpoint = AWSEndpoint(url), endpoint.isMetadataService { return endpoint }
    return try checked(url, from: name)
  }

  private static func instanceMetadata(
    _ variable: (String) -> String?
  ) throws(KeySourceError) -> AWSEndpoint? {
    guard variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { return nil }
    let name = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
    guard let url = variable(name) else {
      let usesIPv6 = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
      return AWSEndpoint(usesIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
    }
    if let endpoint = AWSEndpoint(url), endpoint.isMetadataService { return endpoint }
    return try checked(url, from: name)
  }
}
