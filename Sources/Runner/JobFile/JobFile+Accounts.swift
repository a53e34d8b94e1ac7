import KeySources
import Yams

extension JobFile {
  /// The accounts as listed, or the one that `base_url`, `key` and `keys` are short for.
  static func accounts(
    _ fields: YAMLFields,
    _ paths: PathBase,
    in regions: AllowedRegions,
    by routes: [String]
  ) throws(JobFileError) -> [Account] {
    let short = ["base_url", "key", "keys"].first { fields[$0] != nil }
    guard fields["accounts"] != nil else {
      guard short != nil || regions.isLimited else { return [] }
      return [try shortAccount(fields, paths, in: regions, by: routes)]
    }
    if let short {
      throw fields.error(
        "`\(short)` stands beside `accounts`; write it into the account",
        at: fields[short]
      )
    }
    var accounts: [Account] = []
    for node in try fields.list("accounts") {
      let number = accounts.count + 1
      let account = try account(node, number: number, fields.file, paths, in: regions, by: routes)
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
    _ paths: PathBase,
    in regions: AllowedRegions,
    by routes: [String]
  ) throws(JobFileError) -> Account {
    guard fields["key"] == nil || fields["keys"] == nil else {
      throw fields.error("both `key` and `keys` are set; keep one", at: fields["keys"])
    }
    let name = "default"
    return Account(
      name: name,
      keys: try keys(fields, "key", paths) + keys(fields, "keys", paths),
      endpoints: try endpoints(
        fields,
        "base_url",
        of: (name, fields["regions"]),
        in: regions,
        by: routes,
        paths
      ),
      limits: RateLimits()
    )
  }

  private static func account(
    _ node: Node,
    number: Int,
    _ file: String,
    _ paths: PathBase,
    in regions: AllowedRegions,
    by routes: [String]
  ) throws(JobFileError) -> Account {
    let fields = try YAMLFields(
      node,
      known: ["name", "keys", "endpoints", "limits", "models"],
      of: "account \(number)",
      in: file
    )
    let name = try fields.string("name") ?? "account-\(number)"
    return Account(
      name: name,
      keys: try keys(fields, "keys", paths),
      endpoints: try endpoints(
        fields,
        "endpoints",
        of: (name, node),
        in: regions,
        by: routes,
        paths
      ),
      limits: try limits(fields),
      models: try models(fields)
    )
  }

  private static func limits(_ fields: YAMLFields) throws(JobFileError) -> RateLimits {
    guard let node = fields["limits"] else { return RateLimits() }
    let limits = try YAMLFields(
      node,
      known: [
        "requests_per_minute", "input_tokens_per_minute", "output_tokens_per_minute", "in_flight",
        "output_charge", "ceiling",
      ],
      of: "`limits`",
      in: fields.file
    )
    return RateLimits(
      requestsPerMinute: try limits.number("requests_per_minute", .count),
      inputTokensPerMinute: try limits.number("input_tokens_per_minute", .count),
      outputTokensPerMinute: try limits.number("output_tokens_per_minute", .count),
      inFlight: try limits.number("in_flight", .concurrency),
      outputCharge: try limits.word("output_charge", among: OutputCharge.allCases.map(\.rawValue))
        .flatMap(OutputCharge.init),
      isCeiling: try limits.word("ceiling", among: ["true", "false"]) != "false"
    )
  }

  static func keys(
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
