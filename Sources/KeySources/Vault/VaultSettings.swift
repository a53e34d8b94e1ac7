/// How Vault or OpenBao is reached, and how nightjar logs in there.
package struct VaultSettings: Sendable, Equatable {
  /// How a token is had.
  package enum Auth: Sendable, Equatable {
    /// A token from the first of these environment variables that is set, or else from a file.
    case token(environment: [String], file: String?)
    /// The AppRole method. The file holds the secret_id or, where `isWrapped`, a wrapping token for
    /// it; `role` is the name that the wrapping token must have been made for, nil for any.
    case appRole(
      mount: String,
      roleID: String,
      secretIDFile: String,
      isWrapped: Bool,
      role: String?
    )
    /// The Kubernetes method, with the token of the pod's service account.
    case kubernetes(mount: String, role: String, jwtFile: String)
    /// The JWT method.
    case jwt(mount: String, role: String, jwtFile: String)
    /// The file into which an agent writes the token that it keeps alive, bare or wrapped.
    case agentSink(file: String)
    /// No token at all: an agent that listens in Vault's place adds its own.
    case agentListener
  }

  /// Where Kubernetes puts the token of a pod's service account.
  package static let serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

  /// The servers of one cluster, most preferred first; redirects are followed to these only.
  package var addresses: [String]
  /// The namespace that all paths are in, such as `team/llm`; nil for the root.
  package var namespace: String?
  /// A PEM file with the certificates to trust instead of the system's.
  package var caFile: String?
  /// A PEM file with the certificate that nightjar shows.
  package var clientCertificate: String?
  /// A PEM file with the private key of ``clientCertificate``.
  package var clientKey: String?
  /// The name that the servers' certificate must bear, instead of the addresses' host.
  package var serverName: String?
  /// 1 or 2, the version of the key/value engine; nil to ask the server.
  package var kvVersion: Int?
  /// An HTTP proxy for all requests; nil for none.
  package var proxy: String?
  /// How long one request may take, and how long a fetch keeps trying again.
  package var timeout: Duration
  /// How often all addresses are tried again, after the first time, while none can answer.
  package var retries: Int
  /// How a token is had.
  package var auth: Auth
  /// What nightjar calls itself; operators may have it in Vault's audit log.
  package var userAgent: String

  /// The defaults are those of Vault's own client: 60 s, the version asked for; but no retries, as a
  /// keyring asks again by itself, and a key that is looked for should not wait for pauses.
  package init(
    addresses: [String] = [],
    namespace: String? = nil,
    caFile: String? = nil,
    clientCertificate: String? = nil,
    clientKey: String? = nil,
    serverName: String? = nil,
    kvVersion: Int? = nil,
    proxy: String? = nil,
    timeout: Duration = .seconds(60),
    retries: Int = 0,
    auth: Auth,
    userAgent: String = "nightjar"
  ) {
    self.addresses = addresses
    self.namespace = namespace
    self.caFile = caFile
    self.clientCertificate = clientCertificate
    self.clientKey = clientKey
    self.serverName = serverName
    self.kvVersion = kvVersion
    self.proxy = proxy
    self.timeout = timeout
    self.retries = retries
    self.auth = auth
    self.userAgent = userAgent
  }
}
