/// When a provider counts the output of a request.
package enum OutputCharge: String, Sendable, CaseIterable {
  /// As it is produced: a request is let in while anything is left.
  case produced
  /// `max_tokens` is taken when the request is let in; what was not used comes back at the end.
  case reserved
  /// Not at all.
  case input
}
