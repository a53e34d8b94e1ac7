// What texts are that hold no lines of JSON.
extension ForeignFormat {
  /// One object over several lines or around a list, or several over several lines.
  ///
  /// - Parameter list: the member that holds the jobs, if there is one.
  static func object(of list: String?) -> ForeignFormat {
    guard let list else { return ForeignFormat("JSON over several lines", "jq -c .") }
    let isPlain = list.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "_") } && !list.isEmpty
    let path = isPlain ? ".\(list)[]" : ".[\"\(list.filter { !"\"\\'".contains($0) })\"][]"
    return ForeignFormat("one JSON object", "jq -c '\(path)'")
  }

  /// - Parameter rest: what stands on a line behind its first object; nil where that is nothing known.
  static func strung(by rest: ArraySlice<UInt8>) -> ForeignFormat? {
    if rest.first == UInt8(ascii: "{") {
      return ForeignFormat("objects one after the other on a line", "jq -c .")
    }
    if rest.first == UInt8(ascii: ","), rest.dropFirst().isBlankLine {
      return ForeignFormat("objects with commas between them", "sed 's/,[[:space:]]*$//'")
    }
    guard rest.starts(with: "\u{2028}".utf8) else { return nil }
    return ForeignFormat("objects parted by U+2028", #"sed 's/\xE2\x80\xA8/\n/g'"#)
  }

  static func array(ofTexts: Bool) -> ForeignFormat {
    ForeignFormat(
      "a JSON array",
      ofTexts ? "jq -c 'to_entries[] | {id: .key, prompt: .value}'" : "jq -c '.[]'"
    )
  }

  /// A job file under a name by which it is not known.
  static let jobFile = ForeignFormat("a job file", "")

  /// Lines that end as those of old Macs.
  static let carriageReturns = ForeignFormat(
    "text without line feeds",
    #"tr '\r' '\n'"#,
    makes: .same
  )

  static let arrays = ForeignFormat(
    "a JSON array on each line",
    "jq -c '{id: .[0], prompt: .[1]}'"
  )

  static let python = ForeignFormat(
    "Python's own notation",
    "python3 -c 'import ast, json, sys; [print(json.dumps(ast.literal_eval(l))) for l in sys.stdin]'"
  )

  /// A text that holds no JSON object.
  ///
  /// - Parameters:
  ///   - first: its first line.
  ///   - others: more of its lines that are not blank.
  static func text(_ first: ArraySlice<UInt8>, _ others: [ArraySlice<UInt8>]) -> ForeignFormat {
    let lines = [first] + others
    if lines.contains(where: { $0.contains(0) }) { return ForeignFormat("binary data", "") }
    let whole = lines.dropLast() + [lastWhole(lines[lines.count - 1])]
    if whole.contains(where: { String(validating: $0, as: UTF8.self) == nil }) {
      return ForeignFormat(
        "text in another encoding than UTF-8",
        "iconv -f WINDOWS-1252 -t UTF-8",
        makes: .same
      )
    }
    let line = String(decoding: first.content, as: UTF8.self)
    let next = others.first.map { String(decoding: $0, as: UTF8.self) }
    if line.hasPrefix("\""), others.allSatisfy({ $0.first == UInt8(ascii: "\"") }),
      !line.contains("\","), !line.contains("\"\t"), !line.contains("\";")
    {
      return ForeignFormat(
        "a JSON text on each line",
        "jq -nc 'foreach inputs as $p (0; . + 1; {id: ., prompt: $p})'"
      )
    }
    if let separator = separators.first(where: { isHeader(line, $0.character, next) }) {
      return separator.format
    }
    if (["input:", "provider:", "output:"].contains { line.hasPrefix($0) }) { return jobFile }
    return plainText
  }

  /// Lines of which each may be a prompt, or all together.
  static let plainText = ForeignFormat(
    "plain text",
    "jq -Rnc 'foreach inputs as $p (0; . + 1; select($p != \"\") | {id: ., prompt: $p})'"
  )

  /// A line without the character at its end, which may have been cut.
  private static func lastWhole(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line[..<(line.lastIndex { $0 < 0x80 } ?? line.startIndex)]
  }

  private static let separators: [(character: Character, format: ForeignFormat)] = [
    ("\t", table("TSV", .tsv)), (",", table("CSV", .csv)),
    (";", table("CSV with semicolons", .csv)),
    ("|", table("CSV with bars", .csv)),
  ]

  private static func table(_ name: String, _ format: InputFormat) -> ForeignFormat {
    ForeignFormat(name, "", readAs: format)
  }

  /// Whether a line names the columns of a table: short names without blanks around them, and as many
  /// as the line after it has.
  private static func isHeader(_ line: String, _ separator: Character, _ next: String?) -> Bool {
    let names = line.split(separator: separator, omittingEmptySubsequences: false)
    guard names.count > 1, next.map({ $0.contains(separator) }) ?? true else { return false }
    return separator == "\t"
      || names.allSatisfy { name in
        let name = name.filter { $0 != "\"" }
        return name.count <= 40 && name.first != " " && name.last != " "
          && name.allSatisfy { $0.isLetter || $0.isNumber || " _-.()".contains($0) }
          && name.contains { $0.isLetter }
      }
  }
}
