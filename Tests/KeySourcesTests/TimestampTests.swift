import KeySources
import Testing

struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0 as Int64), ("2000-02-29T23:59:59Z", 951_868_799_000),
    ("2026-11-23T10:00:00.123Z", 1_795_428_000_123), ("1969-12-31T23:59:59Z", -1000),
    ("2026-11-23t11:30:00.5+01:30", 1_795_428_000_500),
    ("2026-11-23T10:00:00.1239Z", 1_795_428_000_123),
  ])
  func `a moment is read`(text: String, moment: Int64) {
    #expect(Timestamp.moment(text) == moment)
    let written = Timestamp.text(moment, withMilliseconds: true)
    #expect(Timestamp.moment(written) == moment)
  }

  @Test(arguments: [
    "", "2026-11-23", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-23T10:00:00",
    "2026-11-23T24:00:00Z", "2026-11-23T10:00:00.Z", "2026-11-23T10:00:00+0100",
    "+026-11-23T10:00:00Z",
  ])
  func `what is no moment is refused`(text: String) {
    #expect(Timestamp.moment(text) == nil)
  }
}
