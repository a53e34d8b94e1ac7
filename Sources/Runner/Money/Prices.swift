/// What models cost, by name.
package struct Prices: Sendable, Equatable {
  /// A model's name, or the beginning of names with a `*` after it, and its price.
  package struct Entry: Sendable, Equatable {
    package var model: String
    package var price: Price

    package init(_ model: String, _ price: Price) {
      self.model = model
      self.price = price
    }
  }

  private let entries: [Entry]
  private let names: [String: Price]
  /// Beginnings of names, the longest first.
  private let prefixes: [(text: String, price: Price)]
  /// Asked for models that no entry here is about.
  private let fallback: [Prices]

  /// - Parameter fallback: the prices of models that `entries` say nothing about.
  package init(_ entries: [Entry], fallback: Prices? = nil) {
    self.entries = entries
    self.fallback = fallback.map { [$0] } ?? []
    names = Dictionary(
      entries.filter { !$0.model.hasSuffix("*") }.map { ($0.model, $0.price) },
      uniquingKeysWith: { $1 }
    )
    prefixes = entries.filter { $0.model.hasSuffix("*") }
      .map { (String($0.model.dropLast()), $0.price) }
      .sorted { $0.text.utf8.count > $1.text.utf8.count }
  }

  /// The price of a model: the entry of its name, or of its name without the date of a snapshot
  /// (`-20260203`, `-2026-02-03`), or the longest beginning that it has.
  package subscript(_ model: String) -> Price? {
    names[model] ?? Self.withoutDate(model).flatMap { names[$0] }
      ?? prefixes.first { model.hasPrefix($0.text) }?.price ?? fallback.first?[model]
  }

  /// Every entry in use; those of the fallback only where no other covers their name.
  package var all: [Entry] {
    let own = Prices(entries)
    return entries + (fallback.first?.all ?? []).filter { own[$0.model] == nil }
  }

  private static func withoutDate(_ model: String) -> String? {
    let parts = model.split(separator: "-", omittingEmptySubsequences: false)
    for shape in [[8], [4, 2, 2]] where parts.count > shape.count {
      let date = parts.suffix(shape.count)
      let isDate = zip(date, shape).allSatisfy { part, length in
        part.utf8.count == length && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
      }
      if isDate { return parts.dropLast(shape.count).joined(separator: "-") }
    }
    return nil
  }

  package static func == (one: Prices, other: Prices) -> Bool {
    one.entries == other.entries && one.fallback == other.fallback
  }
}
