import Jobs
import Testing

@Suite struct `Amounts of dollars` {
  @Test(arguments: [
    ("5", 5_000_000_000), ("0.25", 250_000_000), (".000001", 1_000), ("12.", 12_000_000_000),
    ("0.000000001", 1), ("999999999.999999999", 999_999_999_999_999_999),
  ])
  func `are read exactly`(_ text: String, _ nanos: Int) {
    #expect(USD(text) == USD(nanos: nanos))
  }

  @Test(arguments: [
    "", ".", "-1", "+1", "1e3", "1,5", "$1", "1.0000000001", "1234567890", "½", "1 ",
  ])
  func `are nothing else`(_ text: String) {
    #expect(USD(text) == nil)
  }

  @Test func `are written as they are read`() throws {
    for nanos in [0, 1, 10, 123_456_789, 1_000_000_000, 1_500_000_000, 999_999_999_999_999_999] {
      #expect(USD(USD(nanos: nanos).decimal) == USD(nanos: nanos))
    }
    #expect(USD(nanos: 1_250_000_000).decimal == "1.25")
    #expect(USD(nanos: 42_000).decimal == "0.000042")
    #expect(USD(nanos: -1_500_000_000).decimal == "-1.5")
  }

  @Test(arguments: [
    (0, "$0.00"), (1, "$0.000001"), (42_000, "$0.000042"), (421_000_000, "$0.4210"),
    (1_000_000_000, "$1.00"), (1_500_000_000, "$1.50"), (9_999_990_001, "$10.00"),
    (12_340_000_000, "$12.34"), (12_340_000_001, "$12.35"),
  ])
  func `are short for people, and never too low`(_ nanos: Int, _ text: String) {
    #expect(USD(nanos: nanos).text == text)
  }
}
