import Glibc

/// The environment that a command gets: settings by which programs find their things, and no keys.
///
/// Everything else in this process's environment may be a key, so a variable has to be named to
/// be passed on.
@safe
struct ChildEnvironment: ~Copyable {
  /// The variable in which the user names more of them, with commas between.
  static let namesVariable = "NIGHTJAR_EXEC_ENV"

  /// Who, where and in which language; then the configuration of password managers and of clients
  /// of secret stores.
  ///
  /// A path or an address is a setting. A token, a password, or a URL that may hold one, such as a
  /// proxy's, is not.
  private static let settings = """
    PATH HOME USER LOGNAME SHELL TERM TZ TMPDIR LANG LANGUAGE
    LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_MONETARY LC_NUMERIC LC_TIME
    XDG_CACHE_HOME XDG_CONFIG_DIRS XDG_CONFIG_HOME XDG_DATA_DIRS XDG_DATA_HOME XDG_RUNTIME_DIR
    XDG_STATE_HOME DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY SSH_AUTH_SOCK
    SSL_CERT_FILE SSL_CERT_DIR GNUPGHOME GPG_TTY PASSWORD_STORE_DIR PASSWORD_STORE_GPG_OPTS
    GOPASS_HOMEDIR GOPASS_CONFIG_DIR SOPS_AGE_KEY_FILE SOPS_AGE_SSH_PRIVATE_KEY_FILE
    AWS_PROFILE AWS_DEFAULT_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_CONFIG_FILE
    AWS_SHARED_CREDENTIALS_FILE AWS_CA_BUNDLE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_EC2_METADATA_DISABLED
    CLOUDSDK_CONFIG CLOUDSDK_ACTIVE_CONFIG_NAME CLOUDSDK_CORE_ACCOUNT CLOUDSDK_CORE_PROJECT
    GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT AZURE_CONFIG_DIR KUBECONFIG
    OP_ACCOUNT OP_CONFIG_DIR OP_CONNECT_HOST BITWARDENCLI_APPDATA_DIR
    VAULT_ADDR VAULT_NAMESPACE VAULT_CACERT VAULT_CAPATH VAULT_CLIENT_CERT VAULT_CLIENT_KEY
    VAULT_TLS_SERVER_NAME BAO_ADDR BAO_NAMESPACE BAO_CACERT BAO_CAPATH BAO_CLIENT_CERT
    BAO_CLIENT_KEY BAO_TLS_SERVER_NAME
    """

  private var entries: [UnsafeMutablePointer<CChar>?] = unsafe []

  /// Takes the settings that are set in this process's environment, and what the user named.
  init() {
    let named = unsafe getenv(Self.namesVariable).map { unsafe String(cString: $0) } ?? ""
    for name in Self.names(andThose: named) {
      guard let value = unsafe getenv(name) else { continue }
      unsafe entries.append(Self.entry(name, value))
    }
  }

  deinit {
    unsafe entries.forEach { entry in
      guard let entry = unsafe entry else { return }
      unsafe explicit_bzero(entry, strlen(entry))
      unsafe free(entry)
    }
  }

  /// Lends the entries as `execve(2)` takes them.
  borrowing func withEntries<Result>(
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    unsafe body(entries + [nil])
  }

  /// The names of all variables to pass on, each once.
  private static func names(andThose named: String) -> Set<String> {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\n" }
    let more = named.split(separator: ",").map { $0.filter { !isBlank($0) } }
    return Set(settings.split(whereSeparator: isBlank).map(String.init) + more)
  }

  /// `NAME=value`, without a copy on the way that nobody wipes.
  private static func entry(
    _ name: String,
    _ value: UnsafeMutablePointer<CChar>
  ) -> UnsafeMutablePointer<CChar>? {
    let (start, length) = (name.utf8.count + 1, unsafe strlen(value))
    guard let entry = unsafe malloc(start + length + 1) else { return nil }
    unsafe memcpy(entry, name + "=", start)
    unsafe memcpy(entry + start, value, length + 1)
    return unsafe entry.assumingMemoryBound(to: CChar.self)
  }
}
