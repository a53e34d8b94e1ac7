import FoundationEssentials

/// Moments in milliseconds since 1970 and their RFC 3339 text, such as `2026-11-23T10:00:00.000Z`.
package enum Timestamp {
  private static let seconds = Date.ISO8601FormatStyle()
  private static let milliseconds = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  /// The present moment by the system's clock.
  package static func now() -> Int64 { Int64(Date.now.timeIntervalSince1970 * 1_000) }

  /// A moment in UTC.
  ///
  /// - Parameters:
  ///   - moment: from year 0 to 9999.
  ///   - withMilliseconds: whether parts of a second are written.
  package static func text(_ moment: Int64, withMilliseconds: Bool = false) -> String {
    let date = Date(timeIntervalSince1970: Double(moment) / 1_000)
    return date.formatted(withMilliseconds ? milliseconds : seconds)
  }

  /// The moment that an RFC 3339 text names, with any offset; nil when it is none.
  package static func moment(_ text: String) -> Int64? {
    let date = (try? seconds.parse(text)) ?? (try? milliseconds.parse(text))
    return date.map { Int64(($0.timeIntervalSince1970 * 1_000).rounded(.down)) }
  }
}
