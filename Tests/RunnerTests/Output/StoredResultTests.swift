import Jobs
import Runner
import Testing

@Suite struct `A stored line` {
  @Test(arguments: [
    ("{\"id\":\"job_1\",\t\"a\":1,\r \"b\":2}", true), ("{\"id\":\"job_1\"\u{0}}", false),
    ("{\"id\":\"job_1\"\n}", false), ("{\"id\":\"b\"}", false), ("", false),
  ])
  func `is sound with all the white space that JSON has, but for a line feed`(
    _ line: String,
    _ isSound: Bool
  ) {
    let result = StoredResult(
      sequence: 1,
      job: 0,
      state: .completed,
      line: OutputLine(Array(line.utf8))
    )
    #expect(result.isSound == isSound)
  }
}
