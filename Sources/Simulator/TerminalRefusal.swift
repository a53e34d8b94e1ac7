/// Why a provider refuses everything that an account asks for, until somebody pays or asks nicely.
package enum TerminalRefusal: String, CaseIterable, Sendable {
  /// The spend limit of the account's tier.
  case spendLimit = "spend_limit"
  /// The spend limit that the account's owner has set.
  case usageLimit = "usage_limit"
  /// The prepaid credit is used up.
  case credit
  /// The provider has disabled the account.
  case disabled
}
