import Testing

/// What a room offers is documented where it is declared.
enum Documentation {
  static func findings(in file: SourceFile) -> [Finding] {
    file.code.indices.compactMap { number in
      guard let type = offeredType(in: file.code[number]), !isDocumented(file, number)
      else { return nil }
      return file.finding(number, "\(type) has no doc comment")
    }
  }

  /// The name of the type that a line declares for other rooms; nil where it declares none.
  private static func offeredType(in line: String) -> Substring? {
    let words = line.split(separator: " ")
    guard words.contains("package") || words.contains("public") else { return nil }
    let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol"]
    guard let kind = words.firstIndex(where: kinds.contains), kind + 1 < words.count
    else { return nil }
    let name = words[kind + 1].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return name == "func" || name == "var" ? nil : name
  }

  private static func isDocumented(_ file: SourceFile, _ declaration: Int) -> Bool {
    let above = file.lines[..<declaration].reversed().lazy.map { $0.drop { $0 == " " } }
    return above.first { !$0.hasPrefix("@") }?.hasPrefix("///") ?? false
  }
}

@Suite struct DocumentationTests {
  @Test func `every type that a room offers is documented`() {
    #expect(Repository.sources.flatMap(Documentation.findings(in:)).isEmpty)
  }

  @Test(arguments: [
    "package struct Job {", "package final class Loop {", "  package indirect enum Tree {",
    "package protocol JobStore: Sendable {", "@safe package actor Pool {",
  ])
  func `a type without a doc comment is found`(line: String) {
    let bare = SourceFile(path: "a.swift", text: "// A note.\n\(line)\n}\n")
    #expect(Documentation.findings(in: bare).count == 1)
    let documented = SourceFile(path: "a.swift", text: "/// What it is.\n@frozen\n\(line)\n}\n")
    #expect(Documentation.findings(in: documented).isEmpty)
  }

  @Test func `what a room keeps to itself needs no doc comment`() {
    let file = SourceFile(path: "a.swift", text: "struct Job {}\nprivate enum State {}\n")
    #expect(Documentation.findings(in: file).isEmpty)
  }
}
