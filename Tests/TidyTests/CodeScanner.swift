/// Tells Swift code from what stands in comments, string literals and raw identifiers.
///
/// Enough of the grammar for rules that look at words and braces: nested comments, raw and
/// multi-line strings, and code inside interpolations. Regex literals count as code.
struct CodeScanner {
  private let text: [UInt8]
  private var blanked: [UInt8]
  private var position = 0
  private var line = 0
  /// Indices of the lines on which a comment stands; complete after `code()`.
  private(set) var commented: Set<Int> = []

  init(_ source: String) {
    text = Array(source.utf8)
    blanked = text
  }

  /// The text with everything that is not code replaced by spaces; lines keep their places.
  mutating func code() -> String {
    while position < text.count { scanCode() }
    return String(decoding: blanked, as: UTF8.self)
  }

  private mutating func scanCode() {
    if at("//") {
      scanLineComment()
    } else if at("/*") {
      scanBlockComment()
    } else if text[position] == UInt8(ascii: "`") {
      scanRawIdentifier()
    } else if let hashes = stringStart() {
      scanString(hashes: hashes)
    } else {
      keep()
    }
  }

  private mutating func scanLineComment() {
    while position < text.count, text[position] != newline { blankComment() }
  }

  private mutating func scanBlockComment() {
    var depth = 0
    repeat {
      if at("/*") { depth += 1 }
      if at("*/") {
        depth -= 1
        blankComment()
      }
      blankComment()
    } while depth > 0 && position < text.count
  }

  private mutating func scanRawIdentifier() {
    keep()
    while position < text.count, text[position] != UInt8(ascii: "`") { blank() }
    keep()
  }

  /// The number of `#` before the quote of a string that starts here; nil where none does.
  private func stringStart() -> Int? {
    var quote = position
    while quote < text.count, text[quote] == UInt8(ascii: "#") { quote += 1 }
    return quote < text.count && text[quote] == UInt8(ascii: "\"") ? quote - position : nil
  }

  private mutating func scanString(hashes: Int) {
    position += hashes
    let quotes = at("\"\"\"") ? 3 : 1
    for _ in 0..<quotes { keep() }
    let pounds = String(repeating: "#", count: hashes)
    let end = String(repeating: "\"", count: quotes) + pounds
    let escape = "\\" + pounds
    let interpolation = escape + "("
    while position < text.count, !at(end) {
      if at(interpolation) {
        scanInterpolation(opening: hashes + 2)
      } else if at(escape) {
        for _ in 0..<(hashes + 2) { blank() }
      } else {
        blank()
      }
    }
    for _ in 0..<(quotes + hashes) { keep() }
  }

  private mutating func scanInterpolation(opening: Int) {
    for _ in 0..<opening { blank() }
    var depth = 1
    while position < text.count {
      if text[position] == UInt8(ascii: "(") { depth += 1 }
      if text[position] == UInt8(ascii: ")") { depth -= 1 }
      if depth == 0 { return blank() }
      scanCode()
    }
  }

  private let newline = UInt8(ascii: "\n")

  private func at(_ word: String) -> Bool {
    guard text[position] == word.utf8.first else { return false }
    return text[position...].starts(with: word.utf8)
  }

  private mutating func keep() {
    guard position < text.count else { return }
    if text[position] == newline { line += 1 }
    position += 1
  }

  private mutating func blank() {
    guard position < text.count else { return }
    if text[position] != newline { blanked[position] = UInt8(ascii: " ") }
    keep()
  }

  private mutating func blankComment() {
    commented.insert(line)
    blank()
  }
}
