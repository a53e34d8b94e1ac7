import Jobs

extension JobFile {
  /// Where prices are written, and the most that the batch may cost.
  static func money(
    _ fields: YAMLFields,
    _ paths: PathBase
  ) throws(JobFileError) -> (prices: String?, budget: USD?) {
    let budget = try fields.dollars("budget")
    guard budget.map({ $0 > .zero }) ?? true else {
      throw fields.error("`budget` must be more than 0 dollars", at: fields["budget"])
    }
    return (try fields.string("prices").map(paths.resolve), budget)
  }
}
