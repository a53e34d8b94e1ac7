import Runner
import Testing

@Suite struct `Ids seen` {
  @Test func `are remembered with their line among any number of others`() {
    var seen = SeenIDs()
    for number in 1...20_000 { #expect(seen.insert("id-\(number)", line: number) == nil) }
    for number in [1, 500, 1_024, 19_999, 20_000] {
      #expect(seen.insert("id-\(number)", line: 30_000) == number)
    }
    #expect(seen.insert("id-0", line: 1) == nil)
    #expect(seen.insert("", line: 2) == nil)
    #expect(seen.insert("", line: 3) == 2)
  }

  @Test func `are different ones where they differ in Unicode form`() {
    var seen = SeenIDs()
    #expect(seen.insert("caf\u{E9}", line: 1) == nil)
    #expect(seen.insert("cafe\u{301}", line: 2) == nil)
    #expect(JobID("caf\u{E9}") != JobID("cafe\u{301}"))
    #expect(Set([JobID("caf\u{E9}"), JobID("cafe\u{301}"), JobID("caf\u{E9}")]).count == 2)
  }

  @Test func `are one when they are the same text`() {
    var seen = SeenIDs()
    #expect(seen.insert("caf\u{E9}", line: 1) == nil)
    #expect(seen.insert("cafe", line: 2) == nil)
    #expect(seen.insert("Cafe", line: 3) == nil)
    #expect(seen.insert("caf\u{E9}", line: 4) == 1)
  }
}
