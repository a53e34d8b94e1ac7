package import Transport

/// How long a response says to wait at least before asking again.
///
/// Reads, in this order, `retry-after-ms` and `x-ms-retry-after-ms` (milliseconds) and
/// `retry-after`: seconds, with fractions as some servers write them, or a date (RFC 9110 section
/// 10.2.3) in any of the three formats of section 5.6.7. There is no cap; what makes no sense is
/// taken as not said, and a date that has passed as zero.
///
/// - Parameters:
///   - response: any response.
///   - unixTime: when it arrived, in seconds since 1970.
/// - Returns: at least zero, or nil if the response does not say.
package func retryAfter(of response: HTTPResponse, at unixTime: Double) -> Duration? {
  for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
    if let milliseconds = response.header(name).flatMap(decimal) {
      return .seconds(milliseconds / 1_000)
    }
  }
  guard let value = response.header("retry-after") else { return nil }
  if let seconds = decimal(value) { return .seconds(seconds) }
  return httpDate(value).map { .seconds(max(0, Double($0) - unixTime)) }
}

/// A number of at least zero written in plain decimals, up to some thirty thousand years of seconds.
private func decimal(_ text: String) -> Double? {
  guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
    let value = Double(text), value <= 1e12
  else { return nil }
  return value
}

/// Seconds since 1970 of an HTTP date (RFC 9110 section 5.6.7), or nil.
///
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`
/// hold the same six numbers; the name of the day is not looked at.
func httpDate(_ text: String) -> Int? {
  var words = text.split { $0 == " " || $0 == "," || $0 == "-" }.dropFirst()
  guard words.count >= 4 else { return nil }
  if words.last == "GMT" { words.removeLast() }
  let parts = Array(words)
  guard parts.count == 4 else { return nil }
  let isAsctime = monthNumber(parts[0]) != nil
  let (day, month, year, time) =
    isAsctime
    ? (parts[1], parts[0], parts[3], parts[2]) : (parts[0], parts[1], parts[2], parts[3])
  guard let day = Int(day), (1...31).contains(day), let month = monthNumber(month),
    var year = Int(year), (0...9_999).contains(year), let seconds = secondOfDay(time)
  else { return nil }
  if parts[isAsctime ? 3 : 2].count == 2 { year += year < 70 ? 2_000 : 1_900 }
  return daysSince1970(year: year, month: month, day: day) * 86_400 + seconds
}

private func monthNumber(_ name: Substring) -> Int? {
  ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    .firstIndex(of: name).map { $0 + 1 }
}

private func secondOfDay(_ time: Substring) -> Int? {
  let parts = time.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
  guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
    (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
  else { return nil }
  return hour * 3_600 + minute * 60 + second
}

/// Days in the Gregorian calendar, counting years from March so that leap days come last.
func daysSince1970(year: Int, month: Int, day: Int) -> Int {
  let marchYear = month > 2 ? year : year - 1
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
}
