import KeySources
import Yams

extension JobFile {
  /// The accounts as listed, or the one that `base_url`, `key` and `keys` are short for.
  static func accounts(
    _ fields: YAMLFields,
    _ paths: PathBase
  ) throws(JobFileError) -> [Account] {
    let short = ["base_url", "key", "keys"].first { fields[$0] != nil }
    guard fields["accounts"] != nil else {
      guard short != nil else { return [] }
      return [try shortAccount(fields, paths)]
    }
    if let short {
      throw fields.error(
        "`\(short)` stands beside `accounts`; write it into the account",
        at: fields[short]
      )
    }
    var accounts: [Account] = []
    for node in try fields.list("accounts") {
      let account = try account(node, number: accounts.count + 1, fields.file, paths)
      guard !accounts.contains(where: { $0.name == account.name }) else {
        throw fields.error("two accounts are named `\(account.name)`", at: node)
      }
      accounts.append(account)
    }
    guard !accounts.isEmpty else {
      throw fields.error("`accounts` is an empty list", at: fields["accounts"])
    }
    return accounts
  }

  private static func shortAccount(
    _ fields: YAMLFields,
    _ paths: PathBase
  ) throws(JobFileError) -> Account {
    guard fields["key"] == nil || fields["keys"] == nil else {
      throw fields.error("both `key` and `keys` are set; keep one", at: fields["keys"])
    }
    return Account(
      name: "default",
      keys: try keys(fields, "key", paths) + keys(fields, "keys", paths),
      endpoints: try endpoints(fields, "base_url"),
      limits: RateLimits()
    )
  }

  private static func account(
    _ node: Node,
    number: Int,
    _ file: String,
    _ paths: PathBase
  ) throws(JobFileError) -> Account {
    let fields = try YAMLFields(
      node,
      known: ["name", "keys", "endpoints", "limits"],
      of: "account \(number)",
      in: file
    )
    return Account(
      name: try fields.string("name") ?? "account-\(number)",
      keys: try keys(fields, "keys", paths),
      endpoints: try endpoints(fields, "endpoints"),
      limits: try limits(fields)
    )
  }

  private static func limits(_ fields: YAMLFields) throws(JobFileError) -> RateLimits {
    guard let node = fields["limits"] else { return RateLimits() }
    let limits = try YAMLFields(
      node,
      known: ["requests_per_minute", "input_tokens_per_minute", "output_tokens_per_minute"],
      of: "`limits`",
      in: fields.file
    )
    return RateLimits(
      requestsPerMinute: try limits.integer("requests_per_minute"),
      inputTokensPerMinute: try limits.integer("input_tokens_per_minute"),
      outputTokensPerMinute: try limits.integer("output_tokens_per_minute")
    )
  }

  private static func endpoints(
    _ fields: YAMLFields,
    _ name: String
  ) throws(JobFileError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for (text, node) in try fields.strings(name) {
      do throws(EndpointError) {
        endpoints.append(try Endpoint(text))
      } catch {
        throw fields.error(error.message, at: node)
      }
    }
    return endpoints
  }

  private static func keys(
    _ fields: YAMLFields,
    _ name: String,
    _ paths: PathBase
  ) throws(JobFileError) -> [KeyReference] {
    var keys: [KeyReference] = []
    for (text, node) in try fields.strings(name) {
      do throws(KeySourceError) {
        keys.append(resolved(try KeyReference(text), paths))
      } catch {
        throw fields.error("`\(name)`: \(error)", at: node)
      }
    }
    return keys
  }

  private static func resolved(_ reference: KeyReference, _ paths: PathBase) -> KeyReference {
    guard case .file(let path, let field) = reference else { return reference }
    return .file(path: paths.resolve(path), field: field)
  }
}
