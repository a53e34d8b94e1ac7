import Foundation
import Testing

/// A folder in which a run is given canaries for secrets, and all that it leaves behind is looked
/// through.
struct CanaryRun {
  let folder: Scratch
  let home = ".config/nightjar/"
  var canaries = Canaries(
    "key",
    "passphrase",
    "exec argument",
    "Vault token",
    "AWS secret key",
    "AWS session token",
    "other key"
  )
  /// Which secrets files hold because they are kept there.
  var kept: [String: Set<String>] = [:]

  init() throws {
    folder = try Scratch()
    try FileManager.default.createDirectory(
      atPath: folder.path(of: "tmp"),
      withIntermediateDirectories: false
    )
  }

  /// What stands in the environment although most runs have no use for it, and where temporary
  /// files go.
  var environment: [String: String] {
    [
      "VAULT_TOKEN": canaries["Vault token"], "AWS_SECRET_ACCESS_KEY": canaries["AWS secret key"],
      "AWS_SESSION_TOKEN": canaries["AWS session token"], "OTHER_KEY": canaries["other key"],
      "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_REGION": "eu-central-1",
      "AWS_EC2_METADATA_DISABLED": "true", "VAULT_MAX_RETRIES": "0",
      "TMPDIR": folder.path(of: "tmp"),
    ]
  }

  /// The secrets that ``environment`` holds.
  static let inEnvironment: Set = [
    "Vault token", "AWS secret key", "AWS session token", "other key",
  ]

  /// Writes a file for its owner alone.
  func writePrivate(_ name: String, _ text: String) throws {
    try folder.write(name, text)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600],
      ofItemAtPath: folder.path(of: name)
    )
  }

  /// Writes the input: a job for each word, which tells ``Mirror/provider()`` how to answer.
  func ask(_ words: [String]) throws {
    let lines = words.map { "{\"id\":\"\($0)\",\"prompt\":\"say \($0)\"}\n" }
    try folder.write("in.jsonl", lines.joined())
  }

  /// The command line of a run that says all it can.
  func run(at url: String, key: String? = nil) -> [String] {
    [
      "run", key == nil ? "job.yaml" : "in.jsonl", "-o", "out.jsonl", "--base-url", url,
      "--provider", "anthropic", "--model", "any", "--max-tokens", "9", "--json", "--log-level",
      "trace", "--concurrency", "1", "--max-attempts", "2", "--park-for", "1",
    ] + (key.map { ["--key", $0] } ?? [])
  }

  /// Runs to the end, with more variables.
  func ending(
    at url: String,
    key: String,
    _ variables: [String: String] = [:]
  ) throws -> Program.Ending {
    try folder.nightjar(
      run(at: url, key: key),
      environment: environment.merging(variables) { $1 }
    )
  }

  /// Looks through everything that the run has left.
  func expectNoCanary(sourceLocation: SourceLocation = #_sourceLocation) {
    canaries.expectAbsent(from: folder, besides: kept, sourceLocation: sourceLocation)
  }
}
