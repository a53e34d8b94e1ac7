/// An option that is given twice with two values, one of which would be passed over.
///
/// Only of those that say where results go and what they may cost: elsewhere the later one counts, as
/// scripts expect that add theirs at the end.
struct RepeatedOption {
  private static let names = ["-o": "--output", "--output": "--output"].merging(
    ["--queue", "--budget"].map { ($0, $0) }
  ) { $1 }

  private let name: String
  private let values: [String]

  /// Nil where there is none.
  init?(in arguments: [String]) {
    var given: [String: [String]] = [:]
    let options = arguments.prefix { $0 != "--" }
    for (option, next) in zip(options, options.dropFirst() + [""]) {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      guard let name = parts.first.flatMap({ Self.names[$0] }) else { continue }
      given[name, default: []].append(parts.count > 1 ? parts[1] : next)
    }
    guard let (name, values) = given.first(where: { Set($0.value).count > 1 }) else { return nil }
    (self.name, self.values) = (name, values)
  }

  var error: CLIError {
    .usage(
      "\(name) is given more than once: \(values.joined(separator: ", "))",
      next: "give it once"
    )
  }
}
