/// How long what a source said is believed.
package struct KeyringPolicy: Hashable, Sendable {
  /// How often sources are read.
  package var refresh: Duration = .seconds(60)
  /// How long a value is used without a word when its source stops answering, or answers that it
  /// may not be read any more.
  package var ttl: Duration = .seconds(300)
  /// How much longer than ``ttl`` it is used, with a warning, while its source is unavailable.
  package var staleIfError: Duration = .seconds(24 * 3_600)
  /// The longest that a "no" is believed: of a store that has no such key, or of one that still
  /// holds a refused value when no other is left.
  package var negativeTTL: Duration = .seconds(10)

  package init() {}
}
