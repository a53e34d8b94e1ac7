import Jobs
import Yams

extension Prices {
  /// The prices that this version knows; see ``listPrices``.
  package static let list: Prices = {
    do throws(JobFileError) {
      return try Prices(reading: listPrices, file: "the built-in prices", fallback: nil)
    } catch {
      preconditionFailure("the built-in prices cannot be read: \(error)")
    }
  }()

  /// Reads a file of prices: a mapping of models to what they cost.
  ///
  /// - Parameters:
  ///   - text: what the file holds.
  ///   - file: its path, for messages.
  ///   - fallback: the prices of models that the file says nothing about.
  /// - Throws: a ``JobFileError`` with file and line.
  package init(
    reading text: String,
    file: String,
    fallback: Prices? = .list
  ) throws(JobFileError) {
    let root = try compose(text, file: file, of: "the file of prices")
    guard case .mapping(let mapping) = root else {
      throw JobFileError(
        message: "prices are written by model, like `my-model: {input: 1.00, output: 5.00}`",
        file: file,
        line: root.mark?.line
      )
    }
    var entries: [Entry] = []
    for (key, node) in mapping {
      guard let model = key.scalar?.string, !model.isEmpty,
        !model.dropLast().contains("*")
      else {
        throw JobFileError(
          message: "a model is its name, or the beginning of names with one `*` after it",
          file: file,
          line: key.mark?.line
        )
      }
      entries.append(Entry(model, try Self.price(node, of: model, in: file)))
    }
    self.init(entries, fallback: fallback)
  }

  private static let rateNames = ["input", "output", "cache_read", "cache_write"]

  private static func price(
    _ node: Node,
    of model: String,
    in file: String
  ) throws(JobFileError) -> Price {
    let fields = try YAMLFields(
      node,
      known: rateNames + ["request", "long"] + ServiceTier.allCases.map(\.rawValue),
      of: "the price of `\(model)`",
      in: file
    )
    var long: Price.Long?
    if let node = fields["long"] {
      let fields = try YAMLFields(node, known: ["above"] + rateNames, of: "`long`", in: file)
      guard let above = try fields.number("above", .count) else {
        throw fields.error("`long` needs `above`, the input tokens it begins after", at: node)
      }
      long = Price.Long(above: above, rates: try rates(fields, at: node))
    }
    var tiers: [ServiceTier: Factor] = [:]
    for tier in ServiceTier.allCases { tiers[tier] = try fields.factor(tier.rawValue) }
    return Price(
      try rates(fields, at: node),
      long: long,
      request: try fields.dollars("request") ?? .zero,
      tiers: tiers
    )
  }

  private static func rates(
    _ fields: YAMLFields,
    at node: Node
  ) throws(JobFileError) -> Price.Rates {
    guard let input = try fields.dollars("input") else {
      throw fields.error("a price needs `input`, in dollars for a million tokens", at: node)
    }
    return Price.Rates(
      input: input,
      // Embeddings have no output.
      output: try fields.dollars("output") ?? .zero,
      cacheRead: try fields.dollars("cache_read"),
      cacheWrite: try fields.dollars("cache_write")
    )
  }
}

extension YAMLFields {
  /// A decimal number of dollars, such as `0.25`.
  func dollars(_ name: String) throws(JobFileError) -> USD? {
    guard let text = try string(name) else { return nil }
    guard let amount = USD(text) else {
      throw error("`\(name)` must be a number of dollars such as 3 or 0.25", at: self[name])
    }
    return amount
  }

  /// How many times as much something costs, such as `0.5`.
  fileprivate func factor(_ name: String) throws(JobFileError) -> Factor? {
    guard let text = try string(name) else { return nil }
    guard let factor = Factor(text) else {
      throw error(
        "`\(name)` must be how many times the rates it costs, such as 0.5",
        at: self[name]
      )
    }
    return factor
  }
}

extension Prices {
  /// The prices in use as a file that can be read again, a line for each model.
  package var yaml: String {
    let lines = all.map { entry in
      let price = entry.price
      var fields = Self.fields(price.rates)
      if price.request > .zero { fields.append(("request", Node(price.request.decimal))) }
      for tier in ServiceTier.allCases {
        guard let factor = price.tiers[tier] else { continue }
        fields.append((Node(tier.rawValue), Node(factor.decimal)))
      }
      if let long = price.long {
        let above = [("above" as Node, Node("\(long.above)"))]
        fields.append(("long", Node(above + Self.fields(long.rates), .implicit, .flow)))
      }
      return (Node(entry.model), Node(fields, .implicit, .flow))
    }
    // Only what is no text at all, or too deep, is refused.
    return (try? Yams.serialize(node: Node(lines), width: -1, allowUnicode: true)) ?? ""
  }

  private static func fields(_ rates: Price.Rates) -> [(Node, Node)] {
    var fields: [(Node, Node)] = [
      ("input", Node(rates.input.decimal)), ("output", Node(rates.output.decimal)),
    ]
    if rates.cacheRead != rates.input {
      fields.append(("cache_read", Node(rates.cacheRead.decimal)))
    }
    if rates.cacheWrite != rates.input {
      fields.append(("cache_write", Node(rates.cacheWrite.decimal)))
    }
    return fields
  }
}
