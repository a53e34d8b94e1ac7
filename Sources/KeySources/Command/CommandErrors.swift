import Secrets

/// The end of what a command wrote to its standard error, and how much of it may be shown.
struct CommandErrors {
  private static let kept = 8 << 10
  private static let shownLines = 3
  private static let shownBytes = 400
  /// Shorter words are no keys.
  private static let shortestWord = 6

  private(set) var bytes: [UInt8] = []

  /// Adds text and drops whole lines from the beginning, or a key cut in half could stay.
  mutating func append(_ text: ArraySlice<UInt8>) {
    bytes += text
    guard bytes.count > Self.kept else { return }
    let tail = bytes.suffix(Self.kept)
    let lineBreak = tail.firstIndex(of: UInt8(ascii: "\n"))
    bytes = Array(tail[(lineBreak.map { $0 + 1 } ?? tail.endIndex)...])
  }

  /// The last lines as one, without any word of what the command printed, without these words of
  /// its command line, and without anything that looks like a key; empty where there is nothing to
  /// show.
  static func shown(
    _ errors: [UInt8],
    hidingWordsOf output: borrowing Secret,
    andThese words: [String]
  ) -> String {
    // More output than a key is no key, and too many words to look for.
    guard output.count <= Key.largest else { return "" }
    var text = errors
    for word in words { text = Scrubber.redact(Secret(copying: word.utf8.span), in: text) }
    output.withBytes { output in
      for word in Self.words(of: output) {
        text = Scrubber.redact(Secret(copying: output.extracting(word)), in: text)
      }
    }
    let lines = Scrubber(limit: 2 * kept).scrub(String(decoding: text, as: UTF8.self))
      .split(whereSeparator: \.isNewline)
      .map { line in String(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }) }
      .filter { !$0.allSatisfy { $0 == " " } }
    return String(lines.suffix(shownLines).joined(separator: " / ").suffix(shownBytes))
  }

  /// The runs of bytes between blanks and the signs that enclose values in common formats.
  private static func words(of text: Span<UInt8>) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start = 0
    for index in 0...text.count where index == text.count || isSeparator(text[index]) {
      if index - start >= shortestWord { words.append(start..<index) }
      start = index + 1
    }
    return words
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte <= 0x20 || "\"'`,;:={}[]()<>".utf8.contains(byte)
  }
}
