import Testing

struct MistakeTests {
  @Test(.enabled(if: !MistakesPage.isWritten), arguments: MistakesPage.mistakes)
  func `a mistake ends with its status, a next step and the words of the page`(
    mistake: Mistake
  ) throws {
    let record = try mistake.made()
    #expect(record.status == mistake.status, "\(record.said)")
    #expect(record.said.contains("next: "), "\(record.said)")
    #expect(try MistakesPage.text().contains(record.section), "\(record.section)")
  }

  @Test(.enabled(if: !MistakesPage.isWritten))
  func `the page has every mistake once and in order`() throws {
    let titles = try MistakesPage.text().matches(of: /(?m)^### (.+)$/).map { String($0.1) }
    #expect(titles == MistakesPage.mistakes.map(\.title))
  }

  @Test(.enabled(if: MistakesPage.isWritten)) func `the page is written`() throws {
    try MistakesPage.write()
  }
}
