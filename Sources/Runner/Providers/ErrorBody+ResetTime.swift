internal import KeySources

extension ErrorBody {
  /// When a refusal of the whole account is over, in seconds since 1970, as far as it tells.
  ///
  /// - Parameters:
  ///   - wait: what the response's header says of waiting.
  ///   - unixTime: when the response arrived.
  /// - Returns: a moment to come, or nil.
  func resetTime(after wait: Duration?, at unixTime: Double) -> Double? {
    if let moment = Self.regainTime(in: message ?? ""), moment > unixTime { return moment }
    if let wait = wait ?? quota?.retryDelay, wait > .zero {
      return unixTime + wait / .seconds(1)
    }
    return code == "enforced_spend_limit_reached" ? Self.nextMonth(after: unixTime) : nil
  }

  /// The moment that Anthropic's words name: `regain access on 2026-12-01 at 00:00 UTC`.
  private static func regainTime(in message: String) -> Double? {
    guard let words = message.firstRange(of: "regain access on ") else { return nil }
    let date = message[words.upperBound...].prefix(10)
    let rest = message[words.upperBound...].dropFirst(10)
    let time = rest.hasPrefix(" at ") ? rest.dropFirst(4).prefix(5) : "00:00"
    return Timestamp.moment("\(date)T\(time):00Z").map { Double($0) / 1_000 }
  }

  /// 00:00 UTC on the first day of the next month, when Anthropic's spend limits begin anew.
  private static func nextMonth(after unixTime: Double) -> Double? {
    guard (0..<253_402_300_800).contains(unixTime) else { return nil }
    let date = Timestamp.text(Int64(unixTime) * 1_000).split(separator: "-").map { Int($0) }
    guard date.count == 3, let year = date[0], let month = date[1] else { return nil }
    let days = Timestamp.days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1)
    return Double(days) * 86_400
  }
}
