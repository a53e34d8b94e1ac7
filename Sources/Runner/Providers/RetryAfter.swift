import KeySources
package import Transport

/// How long a response says to wait at least before asking again.
///
/// Reads, in this order, `retry-after-ms` and `x-ms-retry-after-ms` (milliseconds) and
/// `retry-after`: seconds, with fractions as some servers write them, or a date (RFC 9110 section
/// 10.2.3) in any of the three formats of section 5.6.7, which counts from the answer's own `date`
/// where it has one: the local clock may be another. A number of 10^9 and more is such a moment too,
/// in seconds since 1970, as servers write it by mistake. There is no cap; what makes no sense is
/// taken as not said, and a moment that has passed as zero.
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
  let number = decimal(value)
  if let number, number < 1e9 { return .seconds(number) }
  let sent = response.header("date").flatMap(Timestamp.httpDate).map { Double($0) / 1_000 }
  return (number ?? Timestamp.httpDate(value).map { Double($0) / 1_000 }).map { until in
    let wait = until - (sent ?? unixTime)
    let isClock = wait < day || until < unixTime
    return .seconds(max(0, isClock ? wait : min(wait, until - unixTime)))
  }
}

/// Seconds; a date that is further behind the moment it speaks of is perhaps no clock's, such as 1970
/// of a server that has none.
private let day = 86_400.0

/// A number of at least zero written in plain decimals, up to some thirty thousand years of seconds.
private func decimal(_ text: String) -> Double? {
  guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
    let value = Double(text), value <= 1e12
  else { return nil }
  return value
}
