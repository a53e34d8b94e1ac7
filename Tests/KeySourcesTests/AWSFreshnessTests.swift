import KeySources
import Testing

struct AWSFreshnessTests {
  private static let ages: [(Int64, AWSFreshness)] = [
    (3600, .fresh), (301, .fresh), (300, .aging), (16, .aging), (15, .expired), (-1, .expired),
  ]

  @Test(arguments: ages)
  func `credentials age in their last minutes, and are not sent in their last seconds`(
    secondsLeft: Int64,
    freshness: AWSFreshness
  ) {
    #expect(AWSFreshness(expires: 1_000_000 + secondsLeft * 1000, at: 1_000_000) == freshness)
  }

  @Test func `what never expires stays fresh`() {
    #expect(AWSFreshness(expires: nil, at: 1_800_000_000_000) == .fresh)
  }
}
