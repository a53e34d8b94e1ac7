import Testing

/// Files that are one noun, functions that fit a screen.
enum Size {
  static let fileLimit = 350
  static let functionLimit = 70

  static func longFiles(_ file: SourceFile) -> [Finding] {
    let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
    guard count > fileLimit else { return [] }
    return [file.finding(0, "\(count) lines, more than \(fileLimit): which nouns are these?")]
  }

  static func longFunctions(_ file: SourceFile) -> [Finding] {
    functions(in: file).compactMap { function in
      guard function.lines.count > functionLimit else { return nil }
      return file.finding(
        function.lines.lowerBound,
        "a function of \(function.lines.count) lines, more than \(functionLimit)"
      )
    }
  }

  struct Function {
    /// From its keyword to its closing brace.
    var lines: ClosedRange<Int>
  }

  static func functions(in file: SourceFile) -> [Function] {
    let tokens = tokens(of: file)
    return tokens.indices.compactMap { start in
      guard starters.contains(tokens[start].text), start == 0 || tokens[start - 1].text != "."
      else { return nil }
      guard let opening = body(after: start, tokens), let closing = closing(of: opening, tokens)
      else { return nil }
      return Function(lines: tokens[start].line...tokens[closing].line)
    }
  }

  private static let starters: Set<String> = ["func", "init", "deinit", "subscript"]
  private static let declarations: Set<String> = [
    "func", "init", "deinit", "subscript", "var", "let", "struct", "class", "enum", "case", "}",
  ]

  private struct Token {
    let text: String
    let line: Int
  }

  /// Words and single marks, with their lines.
  private static func tokens(of file: SourceFile) -> [Token] {
    file.code.enumerated().flatMap { number, line in
      words(of: line.utf8).map { Token(text: $0, line: number) }
    }
  }

  private static func words(of line: String.UTF8View) -> [String] {
    var words: [String] = []
    var rest = line[...]
    while let first = rest.first {
      let word = rest.prefix(while: isWordByte)
      if !word.isEmpty {
        words.append(String(decoding: word, as: UTF8.self))
      } else if first > UInt8(ascii: " ") {
        words.append(String(UnicodeScalar(first)))
      }
      rest = rest.dropFirst(max(word.count, 1))
    }
    return words
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
  }

  /// The brace that opens the body; nil for a requirement of a protocol, which has none.
  private static func body(after start: Int, _ tokens: [Token]) -> Int? {
    var depth = 0
    for index in tokens.indices[(start + 1)...] {
      switch tokens[index].text {
      case "(": depth += 1
      case ")": depth -= 1
      case "{" where depth == 0: return index
      case let text where depth == 0 && declarations.contains(text): return nil
      default: break
      }
    }
    return nil
  }

  private static func closing(of opening: Int, _ tokens: [Token]) -> Int? {
    var depth = 0
    return tokens.indices[opening...].first { index in
      if tokens[index].text == "{" { depth += 1 }
      if tokens[index].text == "}" { depth -= 1 }
      return depth == 0
    }
  }
}

@Suite struct SizeTests {
  @Test func `every file is short`() {
    #expect((Repository.sources + Repository.tests).flatMap(Size.longFiles).isEmpty)
  }

  @Test func `every function is short`() {
    #expect((Repository.sources + Repository.tests).flatMap(Size.longFunctions).isEmpty)
  }

  @Test func `a long file is found`() {
    let longest = String(repeating: "let a = 1\n", count: Size.fileLimit)
    #expect(Size.longFiles(SourceFile(path: "a.swift", text: longest)).isEmpty)
    #expect(Size.longFiles(SourceFile(path: "a.swift", text: longest + "}\n")).count == 1)
  }

  @Test(arguments: ["func run() throws(Failure) -> Int {", "init?(_ value: Int = { 3 }()) {"])
  func `a long function is found`(head: String) {
    let body = String(repeating: "  run(\"}\") // }\n", count: Size.functionLimit - 2)
    let longest = SourceFile(path: "a.swift", text: "\(head)\n\(body)}\nfunc b() {}\n")
    #expect(Size.longFunctions(longest).isEmpty)
    let tooLong = SourceFile(path: "a.swift", text: "\(head)\n\(body)\n}\nfunc b() {}\n")
    #expect(Size.longFunctions(tooLong).count == 1)
  }

  @Test func `a requirement has no body and a call is no function`() {
    let text = "protocol P {\n  func run()\n  var a: Int { get }\n}\nlet b = T.init(1) { 1 }\n"
    #expect(Size.functions(in: SourceFile(path: "a.swift", text: text)).isEmpty)
  }
}
