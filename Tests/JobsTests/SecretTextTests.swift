import Jobs
import Testing

@Suite struct `What never leaves as a document` {
  @Test(arguments: [
    "AGE-SECRET-KEY-1QQQ", "# made today\r\n  \tAGE-SECRET-KEY-1QQQ\n",
    "\n\nage-encryption.org/v1\n",
    "  -----BEGIN AGE ENCRYPTED FILE-----\n", "-----BEGIN OPENSSH PRIVATE KEY-----\n",
    "SQLite format 3\u{0}",
    String(repeating: "a line of text\n", count: 4_000) + "AGE-SECRET-KEY-1Q",
  ])
  func `is told by what it holds, white space before it or not`(_ text: String) {
    #expect(SecretText.kind(of: Array(text.utf8)) != nil)
  }

  @Test(arguments: [
    "", "A letter about AGE-SECRET-KEY-1 and others.", "# age-encryption.org/v1 is a format",
    "{\"seq\":1}", "SQLite format 4",
  ])
  func `is no text that only speaks of it`(_ text: String) {
    #expect(SecretText.kind(of: Array(text.utf8)) == nil)
  }
}
