import Runner
import Testing

@Suite struct `A length of time` {
  @Test(arguments: [
    (-1, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3_599, "59 min 59 s"), (3_600, "1 h 0 min"),
    (86_400, "1 day 0 h"), (200_000, "2 days 7 h"), (.infinity, "115740 days 17 h"), (.nan, "0 s"),
  ])
  func `is said in words that a person reads`(_ seconds: Double, _ words: String) {
    #expect(span(seconds) == words)
  }
}
