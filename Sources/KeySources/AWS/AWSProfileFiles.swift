import Glibc
import Secrets

/// The two files in which AWS's programs keep their profiles.
enum AWSProfileFiles {
  private static let largest = 1 << 20

  /// Reads what both say about the profile that is asked for.
  ///
  /// The credentials file has the last word; a file that does not exist says nothing.
  ///
  /// - Throws: ``KeySourceError`` of kind `denied` for a file that others could read or change, or
  ///   where no file has a profile that was asked for by name.
  static func profile(_ settings: AWSSettings) throws(KeySourceError) -> AWSProfile {
    var profile = AWSProfile(name: settings.profile ?? "default")
    if let file = settings.configFile, SecretFile.exists(file) {
      let config = try config(file)
      config.text.withBytes { profile.add($0, prefixed: true) }
      guard config.isPrivate || profile.secretKey == nil else { throw readable(file) }
    }
    if let file = settings.credentialsFile, SecretFile.exists(file) {
      let text = try SecretFile.read(
        file,
        what: "the AWS credentials file",
        largest: largest,
        followingLinks: true,
        readers: .asMounted
      )
      text.withBytes { profile.add($0, prefixed: false) }
    }
    guard profile.exists || settings.profile == nil else {
      throw KeySourceError(
        .denied,
        "no AWS profile is called '\(profile.name)'; check AWS_PROFILE, "
          + "\(settings.configFile ?? "~/.aws/config") and "
          + "\(settings.credentialsFile ?? "~/.aws/credentials")"
      )
    }
    return profile
  }

  /// Reads the configuration, which others may read as long as no key is in it, but not change: it
  /// names commands and addresses.
  private static func config(
    _ path: String
  ) throws(KeySourceError) -> AWSConfigText {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    defer { if file >= 0 { close(file) } }
    var status = stat()
    guard file >= 0, unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw KeySourceError(
        .denied,
        "cannot read the AWS config file \(path); check AWS_CONFIG_FILE"
      )
    }
    guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o022 == 0 else {
      throw KeySourceError(
        .denied,
        "the AWS config file \(path) can be changed by other users, and it names commands to run; "
          + "run: chmod go-w '\(path)'"
      )
    }
    let text = try SecretFile.read(
      file,
      path: path,
      what: "the AWS config file",
      largest: largest
    )
    return AWSConfigText(text: text, isPrivate: status.st_mode & 0o077 == 0)
  }

  private static func readable(_ path: String) -> KeySourceError {
    KeySourceError(
      .denied,
      "the AWS config file \(path) holds a secret key and can be read by other users; "
        + "run: chmod 600 '\(path)'"
    )
  }
}

private struct AWSConfigText: ~Copyable {
  let text: Secret
  /// Whether nobody else may read the file.
  let isPrivate: Bool
}
