import JSON

/// A length of time for people: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 days 4 h`.
package func span(_ seconds: Double) -> String {
  let total = Int(saturating: min(max(seconds, 0), 1e10).rounded(.down))
  let (days, hours, minutes) = (total / 86_400, total % 86_400 / 3_600, total % 3_600 / 60)
  switch total {
  case ..<60: return "\(total) s"
  case ..<3_600: return "\(minutes) min \(total % 60) s"
  case ..<86_400: return "\(hours) h \(minutes) min"
  default: return "\(days) \(days == 1 ? "day" : "days") \(hours) h"
  }
}
