/// How fast a provider serves a request, where that changes its price; without one it is the usual
/// tier.
///
/// What a request asks for and what its answer says it got
/// (developers.openai.com/api/docs/guides/flex-processing, …/priority-processing).
package enum ServiceTier: String, Sendable, CaseIterable {
  /// Cheaper, slow, and refused where there is no room.
  case flex
  /// Dearer and fast.
  case priority

  /// Reads a provider's word; nil for the usual tier, and for words that have no price of their own.
  init?(_ word: String?) {
    switch word?.lowercased() {
    case "flex": self = .flex
    case "priority", "fast": self = .priority
    default: return nil
    }
  }
}
