import Jobs
import Secrets
import Yams

extension JobFile {
  /// Reads a job file.
  ///
  /// - Parameters:
  ///   - text: what the file holds.
  ///   - file: its path, for messages, and whose folder relative paths start from.
  /// - Throws: a ``JobFileError`` with file and line.
  package init(reading text: String, file: String) throws(JobFileError) {
    let root = try compose(text, file: file, of: "the job file")
    let fields = try YAMLFields(
      root,
      known: Self.fieldNames,
      elsewhere: Self.elsewhere,
      of: "the job file",
      in: file
    )
    let paths = PathBase(of: file)
    input = try fields.string("input").map(paths.resolve)
    followsLinks = try fields.flag("follow_links")
    idField = try fields.string("id_field")
    inputFormat = try fields.word("input_format", among: InputFormat.allCases.map(\.rawValue))
      .flatMap(InputFormat.init(rawValue:))
    sql = try fields.string("sql")
    output = try fields.string("output").map(paths.resolve)
    provider = try fields.word("provider", among: providers.map { $0.name })
    model = try fields.string("model")
    maxTokens = try fields.number("max_tokens", .tokens)
    system = try fields.string("system")
    prompt = try Self.template(fields)
    ignoredFields = Set(try fields.strings("ignore_fields").map(\.text))
    (params, schema) = try Self.parameters(fields, paths)
    api = try fields.word("api", among: providers.flatMap { $0.apis })
    regions = try Self.regions(fields)
    routes = try Self.routes(fields, paths)
    accounts = try Self.accounts(fields, paths, in: regions, by: routes.map(\.name))
    concurrency = try fields.number("concurrency", .concurrency)
    limit = try fields.number("limit", .count)
    timeout = try fields.number("timeout", .seconds)
    caFile = try fields.string("ca_file").map(paths.resolve)
    allowHTTP = try fields.strings("allow_http").map(\.0)
    queue = try fields.string("queue").map(paths.resolve)
    grace = try fields.number("grace", .seconds)
    keystore = try fields.string("keystore").map(paths.resolve)
    identity = try fields.string("identity").map(paths.resolve)
    (prices, budget) = try Self.money(fields, paths)
    maxAttempts = try fields.number("max_attempts", .attempts)
    proxy = try fields.string("proxy").map { text throws(JobFileError) in
      try Self.proxy(text, fields)
    }
    onUnknown = try fields.word("on_unknown", among: OnUnknown.allCases.map(\.rawValue))
      .flatMap(OnUnknown.init)
    memory = try fields.number("memory", .memory)
    lease = try fields.number("lease", .lease)
    secrets = try Self.secrets(fields, paths)
  }

  private static let fieldNames = [
    "input", "input_format", "sql", "follow_links", "id_field", "ignore_fields", "output",
    "provider",
    "model",
    "max_tokens", "system", "prompt", "params", "schema", "api", "base_url", "key", "keys",
    "accounts", "concurrency",
    "limit",
    "timeout", "ca_file", "allow_http", "queue", "grace",
    "keystore", "identity", "max_attempts", "proxy", "secrets", "regions", "prices",
    "budget", "on_unknown", "lease", "memory", "routes",
  ]

  /// Flags that say how one run goes, not what the batch is, by the names that fields would have.
  package static let flagsOfOneRun = [
    "strict", "keep_going", "park_for", "give_up_after", "allow_changed", "rerun_changed",
    "input_moved", "dry_run", "quiet", "json", "log_level", "explain",
  ]

  /// What people put at the top of a job file that has its place elsewhere.
  private static let elsewhere: [String: String] = {
    var hints = [
      "api_key": "a key never stands in a job file; name where it is: `key: env:NAME`",
      "endpoint": "one endpoint is `base_url`, several are the `endpoints` of an account",
      "endpoints": "they belong to an account: `accounts: [{name: …, keys: […], endpoints: […]}]`",
      "limits": "they belong to an account: `accounts: [{name: …, keys: […], limits: {…}}]`",
      "tls": "it belongs to an endpoint: `base_url: {url: …, tls: {…}}`",
      "http": "it belongs to an endpoint: `base_url: {url: …, http: …}`",
      "network": "it belongs to an endpoint: `base_url: {url: …, network: {…}}`",
      "order": "it belongs to an endpoint: `base_url: {url: …, routes: […], order: …}`",
      "models": "they belong to an account: `accounts: [{name: …, keys: […], models: …}]`",
      "rpm": "it is `requests_per_minute` in the `limits` of an account, or --rpm",
      "itpm": "it is `input_tokens_per_minute` in the `limits` of an account, or --itpm",
      "otpm": "it is `output_tokens_per_minute` in the `limits` of an account, or --otpm",
    ]
    hints["wait_for_secrets"] = "it is `wait` in `secrets`"
    for name in flagsOfOneRun {
      hints[name] = "it is for one run, as the flag --\(name.replacing("_", with: "-"))"
    }
    for name in Parameter.common { hints[name] = "it is a parameter: `params: {\(name): …}`" }
    return hints
  }()

  private static func template(_ fields: YAMLFields) throws(JobFileError) -> Template? {
    guard let text = try fields.string("prompt"), let scalar = fields["prompt"]?.scalar else {
      return nil
    }
    // The text of a block scalar begins on the line after its `|` or `>`.
    let isBlock = scalar.style == .literal || scalar.style == .folded
    return Template(text: text, firstLine: (scalar.mark?.line ?? 1) + (isBlock ? 1 : 0))
  }
}

/// Where the relative paths of a job file start from.
struct PathBase {
  private let folder: String

  init(of file: String) {
    folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
  }

  /// An absolute path, `-`, a home path or a URL stays as it is.
  func resolve(_ path: String) -> String {
    path.hasPrefix("/") || path.hasPrefix("~") || path == "-" || path.contains("://")
      ? path : folder + path
  }
}

/// A file as YAML nodes, which know their lines; `what` it is stands in messages.
func compose(_ text: String, file: String, of what: String) throws(JobFileError) -> Node {
  do {
    if let node = try Yams.compose(yaml: text) { return node }
  } catch let error as YamlError {
    throw JobFileError(message: reason(error), file: file, line: line(of: error))
  } catch {
    throw JobFileError(message: "cannot be read as YAML", file: file, line: nil)
  }
  throw JobFileError(message: "\(what) is empty", file: file, line: nil)
}

private func reason(_ error: YamlError) -> String {
  switch error {
  case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
    .composer(_, let problem, _, _), .reader(let problem, _, _, _):
    "not YAML: \(problem)"
  case .duplicatedKeysInMapping(let names, _):
    "\(names.map { "`\(Scrubber(limit: 60).scrub($0))`" }.joined(separator: ", ")) is set twice "
      + "in the fields that begin here"
  default: "cannot be read as YAML"
  }
}

private func line(of error: YamlError) -> Int? {
  switch error {
  case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
    mark.line
  case .duplicatedKeysInMapping(_, let context): context.mark.line
  case .reader(_, let offset?, _, let yaml): yaml.prefix(offset).count(where: \.isNewline) + 1
  default: nil
  }
}
