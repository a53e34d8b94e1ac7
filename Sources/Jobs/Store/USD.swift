/// An exact amount of United States dollars, counted in whole nanodollars (10⁻⁹ dollars).
///
/// Prices are dollars for a million tokens, so that a token of a model at $0.01 costs ten
/// nanodollars; a binary fraction would drift over a million jobs.
package struct USD: Sendable, Hashable, Comparable {
  /// The amount in nanodollars; nine billion dollars fit.
  package var nanos: Int

  package static let zero = USD(nanos: 0)

  package init(nanos: Int) {
    self.nanos = nanos
  }

  /// Reads a decimal such as `5`, `0.25` or `.000001`; nil for anything else, a sign or an exponent
  /// included, for more than nine decimals, and for a billion dollars and more.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let (whole, decimals) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    let areDigits = (whole + decimals).utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard areDigits, whole != "" || decimals != "", whole.utf8.count <= 9,
      decimals.utf8.count <= 9,
      let nanos = Int(whole + decimals + String(repeating: "0", count: 9 - decimals.utf8.count))
    else { return nil }
    self.nanos = nanos
  }

  /// The exact decimal, without needless zeros: a JSON number.
  package var decimal: String {
    let (whole, rest) = nanos.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    let sign = nanos < 0 ? "-" : ""
    guard rest > 0 else { return "\(sign)\(whole)" }
    let digits = String(rest)
    let padded = String(repeating: "0", count: 9 - digits.utf8.count) + digits
    let end = padded.lastIndex { $0 != "0" } ?? padded.startIndex
    return "\(sign)\(whole).\(padded[...end])"
  }

  /// For people: `$12.34`, `$0.4210`, `$0.000042`; rounded up, since it is said of what is paid.
  package var text: String {
    let step = nanos >= 10_000_000_000 ? 10_000_000 : nanos >= 10_000_000 ? 100_000 : 1_000
    let rounded = USD(nanos: (min(nanos, .max - step) + step - 1) / step * step).decimal
    let decimals = rounded.split(separator: ".").dropFirst().first?.utf8.count ?? 0
    let shown = decimals <= 2 ? 2 : decimals <= 4 ? 4 : 6
    let missing = String(repeating: "0", count: shown - decimals)
    return "$\(rounded)\(decimals == 0 ? "." : "")\(missing)"
  }

  package static func < (one: USD, other: USD) -> Bool { one.nanos < other.nanos }

  /// What does not fit, since somebody outside said so, is the most or the least that does.
  package static func + (one: USD, other: USD) -> USD {
    let (sum, isTooLarge) = one.nanos.addingReportingOverflow(other.nanos)
    return USD(nanos: isTooLarge ? (one.nanos < 0 ? .min : .max) : sum)
  }

  package static func - (one: USD, other: USD) -> USD {
    let (rest, isTooLarge) = one.nanos.subtractingReportingOverflow(other.nanos)
    return USD(nanos: isTooLarge ? (one.nanos < 0 ? .min : .max) : rest)
  }

  package static func += (sum: inout USD, more: USD) { sum = sum + more }
  package static func -= (sum: inout USD, less: USD) { sum = sum - less }
}
