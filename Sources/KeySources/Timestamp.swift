import Glibc

/// Moments in milliseconds since 1970, their RFC 3339 text, such as `2026-11-23T10:00:00.000Z`, and
/// the dates of HTTP.
package enum Timestamp {
  private static let dayLength: Int64 = 86_400_000

  /// The present moment by the system's clock.
  package static func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// A moment in UTC.
  ///
  /// - Parameters:
  ///   - moment: from year 0 to 9999.
  ///   - withMilliseconds: whether parts of a second are written.
  package static func text(_ moment: Int64, withMilliseconds: Bool = false) -> String {
    let day = (moment >= 0 ? moment : moment - dayLength + 1) / dayLength
    let time = Int(moment - day * dayLength)
    let (year, month, dayOfMonth) = date(of: Int(day))
    let clock = [time / 3_600_000, time / 60_000 % 60, time / 1000 % 60]
    let fraction = withMilliseconds ? "." + padded(time % 1000, to: 3) : ""
    return padded(year, to: 4) + "-" + padded(month, to: 2) + "-" + padded(dayOfMonth, to: 2) + "T"
      + clock.map { padded($0, to: 2) }.joined(separator: ":") + fraction + "Z"
  }

  /// The moment that an RFC 3339 text names, with any offset; nil when it is none.
  package static func moment(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D,
      [0x54, 0x74, 0x20].contains(bytes[10]), bytes[13] == 0x3A, bytes[16] == 0x3A,
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
      let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]),
      let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    let number = days(year, month, day)
    guard date(of: number) == (year, month, day) else { return nil }
    var rest = bytes[19...]
    var milliseconds = 0
    if rest.first == 0x2E {
      let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty, digits.count < 19 else { return nil }
      milliseconds = Self.number((digits.prefix(3) + [0x30, 0x30])[...].prefix(3)) ?? 0
      rest = rest.dropFirst(1 + digits.count)
    }
    guard let offset = offset(rest) else { return nil }
    let seconds = number * 86_400 + hour * 3600 + minute * 60 + second - offset
    return Int64(seconds * 1000 + milliseconds)
  }

  /// The seconds that `Z` or `+01:00` stands for.
  private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
    let bytes = Array(text)
    if bytes == [0x5A] || bytes == [0x7A] { return 0 }
    guard bytes.count == 6, bytes[3] == 0x3A, [0x2B, 0x2D].contains(bytes[0]),
      let hours = number(bytes[1..<3]), let minutes = number(bytes[4..<6]), hours < 24, minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (bytes[0] == 0x2D ? -1 : 1)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  private static func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// Days since 1970 of a date of the Gregorian calendar, counted in years that begin in March, so
  /// that the leap day comes last.
  package static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month > 2 ? year : year - 1
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date of a number of days since 1970.
  private static func date(of days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = yearOfEra + era * 400 + (month < 10 ? 0 : 1)
    return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
  }
}

// Dates of HTTP.
extension Timestamp {
  /// The moment of an HTTP date (RFC 9110 section 5.6.7), or nil.
  ///
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and
  /// `Sun Nov  6 08:49:37 1994` hold the same six numbers; the name of the day is not looked at.
  package static func httpDate(_ text: String) -> Int64? {
    var words = text.split { $0 == " " || $0 == "," || $0 == "-" }.dropFirst()
    if words.last == "GMT" { words.removeLast() }
    let parts = Array(words)
    guard parts.count == 4 else { return nil }
    let isAsctime = monthNumber(parts[0]) != nil
    let (day, month, year, time) =
      isAsctime
      ? (parts[1], parts[0], parts[3], parts[2]) : (parts[0], parts[1], parts[2], parts[3])
    guard let day = Int(day), (1...31).contains(day), let month = monthNumber(month),
      var number = Int(year), (0...9_999).contains(number), let seconds = secondOfDay(time)
    else { return nil }
    if year.count == 2 { number += number < 70 ? 2_000 : 1_900 }
    return Int64(days(number, month, day) * 86_400 + seconds) * 1_000
  }

  private static func monthNumber(_ name: Substring) -> Int? {
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
      .firstIndex(of: name).map { $0 + 1 }
  }

  private static func secondOfDay(_ time: Substring) -> Int? {
    let parts = time.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
      (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
    else { return nil }
    return hour * 3_600 + minute * 60 + second
  }
}
