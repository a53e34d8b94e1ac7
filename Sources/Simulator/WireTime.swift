/// The wall clock of a simulator: when it started, so that everything else can count from there.
package struct WallClock: Sendable {
  /// Seconds since 1970 at the start.
  let started: Double

  /// A clock of a simulator that started so many seconds after 1970.
  package init(started: Double) {
    self.started = started
  }

  /// Whole seconds since 1970.
  func epochSeconds(at now: Duration) -> Int {
    Int((started + now.seconds).rounded(.up))
  }

  /// A time such as `2026-08-21T12:40:59Z` (RFC 3339), rounded up to the second.
  func rfc3339(at now: Duration) -> String {
    let seconds = epochSeconds(at: now)
    let (year, month, day) = Self.civilDate(daysSince1970: seconds / 86400)
    let time = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map(Self.twoDigits)
    return "\(year)-\(Self.twoDigits(month))-\(Self.twoDigits(day))T"
      + "\(time.joined(separator: ":"))Z"
  }

  /// A time such as `Thu, 21 Aug 2025 12:40:59 GMT` (IMF-fixdate, RFC 9110 section 5.6.7), rounded
  /// up to the second.
  func httpDate(at now: Duration) -> String {
    let seconds = epochSeconds(at: now)
    let days = seconds / 86400
    let (year, month, day) = Self.civilDate(daysSince1970: days)
    let time = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map(Self.twoDigits)
    // 1970 began on a Thursday.
    return "\(Self.weekdays[(days + 4) % 7]), \(Self.twoDigits(day)) \(Self.months[month - 1]) "
      + "\(year) \(time.joined(separator: ":")) GMT"
  }

  /// The first day of the next month, such as `2025-09-01`.
  func nextMonth(at now: Duration) -> String {
    let (year, month, _) = Self.civilDate(daysSince1970: epochSeconds(at: now) / 86400)
    return month == 12 ? "\(year + 1)-01-01" : "\(year)-\(Self.twoDigits(month + 1))-01"
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : String(number)
  }

  /// The Gregorian date of a day after 1970, by eras of 400 years that begin on 1 March (Howard
  /// Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
  private static func civilDate(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

extension Duration {
  /// A duration as OpenAI's headers write it: `12ms`, `1s`, `8.64s`, `6m0s`, `1h0m0s`.
  var openAINotation: String {
    let milliseconds = Int((seconds * 1000).rounded(.up))
    guard milliseconds >= 1000 else { return "\(milliseconds)ms" }
    let (minutes, rest) = milliseconds.quotientAndRemainder(dividingBy: 60_000)
    let tail = rest % 1000 == 0 ? "\(rest / 1000)s" : "\(Double(rest) / 1000)s"
    if minutes == 0 { return tail }
    return minutes < 60 ? "\(minutes)m\(tail)" : "\(minutes / 60)h\(minutes % 60)m\(tail)"
  }
}
