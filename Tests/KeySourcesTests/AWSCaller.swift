import KeySources
import TestSupport
import Transport

/// Reads secrets as a program whose environment is given, and nothing else of it.
struct AWSCaller {
  var environment: [String: String]
  var client: (any HTTPClient)?
  var now: @Sendable () -> Int64 = { Timestamp.now() }

  /// One who asks moto; instances of EC2 are not asked.
  static func of(_ account: MotoAccount, _ environment: [String: String]) -> AWSCaller {
    let general = [
      "AWS_ENDPOINT_URL": account.url, "AWS_REGION": "us-east-1",
      "AWS_EC2_METADATA_DISABLED": "true",
    ]
    return AWSCaller(environment: general.merging(environment) { $1 })
  }

  func manager() throws -> SecretsManager {
    let environment = environment
    return try SecretsManager(
      settings: AWSSettings { environment[$0] },
      client: client,
      secretVariable: { name in environment[name].map { secret($0) } },
      now: now
    )
  }

  /// The newest value of a secret.
  func read(_ id: String, field: String? = nil) async throws -> Key {
    try await using { try await $0.source(id: id, field: field).newest() }
  }

  /// Why a secret cannot be read.
  func failure(_ id: String) async throws -> KeySourceError {
    try await using { try await $0.source(id: id).failure() }
  }

  func using<Result>(_ body: (SecretsManager) async throws -> Result) async throws -> Result {
    let manager = try manager()
    do {
      let result = try await body(manager)
      await manager.close()
      return result
    } catch {
      await manager.close()
      throw error
    }
  }
}
