import JSON
import Testing

@Suite struct `Text from outside` {
  @Test(arguments: [
    ("plain, größe, 漢字, 🦉", "plain, größe, 漢字, 🦉"),
    ("\u{1B}[2J\u{1B}]0;title\u{7}", "\\u001b[2J\\u001b]0;title\\u0007"),
    ("a\r\nerror: forged", "a\\r\\nerror: forged"),
    ("a\tb\u{7F}\u{9B}31m", "a\\tb\\u007f\\u009b31m"),
    ("\u{202E}gpj.exe\u{2028}next: run", "\\u202egpj.exe\\u2028next: run"),
  ])
  func `is shown without what steers a terminal, ends a line or turns it around`(
    _ text: String,
    _ shown: String
  ) {
    #expect(text.shown == shown)
    #expect(text.shown.shown == shown)
  }

  @Test func `in several lines of ours keeps their ends`() {
    #expect("a\u{1B}\n\nb\n".shownLines == "a\\u001b\n\nb\n")
  }

  @Test func `in JSON stays the same JSON`() throws {
    let text = "{\"a\": \"\u{9B}\u{202E}\"}"
    let shown = try JSONValue(parsing: Array(text.shown.utf8))
    #expect(shown["a"]?.string == "\u{9B}\u{202E}")
  }
}
