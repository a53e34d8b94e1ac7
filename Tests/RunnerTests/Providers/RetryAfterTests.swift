import Runner
import Testing
import Transport

@Suite struct `Retry-after` {
  /// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110.
  private static let november = 784_111_777.0

  @Test(
    arguments: [
      ("0", .zero), ("7", .seconds(7)), ("0.25", .milliseconds(250)), ("86400", .seconds(86_400)),
      ("31536000", .seconds(31_536_000)), ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)),
      ("Sunday, 06-Nov-94 08:50:37 GMT", .seconds(60)), ("Sun Nov  6 08:50:37 1994", .seconds(60)),
      ("Mon, 07 Nov 1994 08:49:37 GMT", .seconds(86_400)),
      ("Sun, 06 Nov 1994 08:49:00 GMT", .zero), ("-1", nil), ("soon", nil), ("", nil), ("1e9", nil),
      ("NaN", nil), ("Inf", nil), ("1.2.3", nil), ("99999999999999999999", nil),
      ("Sun, 32 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Now 1994 08:49:37 GMT", nil),
      ("Sun, 06 Nov 1994 24:49:37 GMT", nil), ("Sun, 06 Nov 1994", nil),
    ] as [(String, Duration?)]
  )
  func `is seconds or a date, without a cap`(_ value: String, _ expected: Duration?) {
    let response = HTTPResponse(status: 429, headers: [("retry-after", value)])
    #expect(retryAfter(of: response, at: Self.november) == expected)
  }

  @Test(arguments: [
    ("Thu, 01 Jan 1970 00:00:10 GMT", 10), ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
    ("Sat, 01 Mar 2025 00:00:00 GMT", 1_740_787_200),
    ("Fri, 31 Dec 2100 23:59:59 GMT", 4_133_980_799),
  ])
  func `knows the calendar`(_ date: String, _ unixTime: Int64) {
    let response = HTTPResponse(status: 503, headers: [("retry-after", date)])
    #expect(retryAfter(of: response, at: 0) == .seconds(unixTime))
  }

  @Test func `as a date counts from the date of the answer, whatever the local clock says`() {
    let headers = [
      ("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT"),
    ]
    let response = HTTPResponse(status: 429, headers: headers)
    #expect(retryAfter(of: response, at: Self.november - 3_600) == .seconds(3))
    #expect(retryAfter(of: response, at: Self.november + 3_600) == .seconds(3))
  }

  @Test func `counts from here where the answer's own date is of no clock`() {
    let headers = [
      ("date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT"),
    ]
    let response = HTTPResponse(status: 429, headers: headers)
    #expect(retryAfter(of: response, at: Self.november - 2) == .seconds(2 + 3))
  }

  @Test(
    arguments: [
      ("1790000060", .seconds(60)), ("1789999999", .zero),
      ("999999999", .seconds(999_999_999)), ("32503680000", .seconds(30_713_680_000)),
    ] as [(String, Duration)]
  )
  func `as a number that no wait can have is a moment`(_ value: String, _ expected: Duration) {
    let response = HTTPResponse(status: 429, headers: [("retry-after", value)])
    #expect(retryAfter(of: response, at: 1_790_000_000) == expected)
  }

  @Test(arguments: ["retry-after-ms", "x-ms-retry-after-ms", "X-MS-Retry-After-Ms"])
  func `milliseconds go first`(_ name: String) {
    let response = HTTPResponse(status: 429, headers: [("retry-after", "2"), (name, "1250")])
    #expect(retryAfter(of: response, at: 0) == .milliseconds(1_250))
  }

  @Test func `nonsense in milliseconds leaves the seconds`() {
    let response = HTTPResponse(
      status: 429,
      headers: [("retry-after-ms", "x"), ("retry-after", "2")]
    )
    #expect(retryAfter(of: response, at: 0) == .seconds(2))
    #expect(retryAfter(of: HTTPResponse(status: 429), at: 0) == nil)
  }
}
