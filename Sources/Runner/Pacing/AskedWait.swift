/// How far a provider's word to wait is believed.
package enum AskedWait {
  /// Quotas come back after days, at the longest with the month; what names more is a mistake.
  package static let longestBelieved: Duration = .seconds(31 * 86_400)
  /// After so long one request asks whether a wait is over that is not believed, or that an earlier
  /// run was told.
  package static let untilProbe: Duration = .seconds(3_600)

  /// How long is waited where the provider asks for a wait.
  static func believed(_ wait: Duration) -> Duration {
    wait > longestBelieved ? untilProbe : wait
  }
}
