import Testing

/// What SECURITY.md promises names the test, or the file, that holds it.
enum SecurityPromises {
  /// Numbers of the lines, from 1, that promise something and name nothing that is there.
  static func unheld(in text: String, by names: Set<String>) -> [Int] {
    promises(in: text).filter { named(in: $0.text).isDisjoint(with: names) }.map(\.line)
  }

  /// What stands there as the name of a test and is none.
  static func unknown(in text: String, names: Set<String>) -> [String] {
    let sentence = /Tests$|^(?!nightjar )\w[\w']*( [\w',-]+){3,}$/
    let all = promises(in: text).flatMap { named(in: $0.text) }
    return all.filter { $0.contains(sentence) && !names.contains($0) }
  }

  /// The names of tests, suites and types, and of the files of Swift.
  static func names(in files: [SourceFile]) -> Set<String> {
    let declared = /(?:func|struct|enum|class)\s+(?:`([^`]+)`|(\w+))/
    let files = files.map { file in
      let code = file.lines.joined(separator: "\n")
      let inside = code.matches(of: declared).map { String($0.1 ?? $0.2 ?? "") }
      let name = file.path.split(separator: "/").last?.split(separator: ".").first
      return Set(inside + [String(name ?? "")])
    }
    return files.reduce(into: []) { $0.formUnion($1) }
  }

  /// The lines on which a promise stands: bullets, steps and paragraphs, and the rows of the first
  /// table that say what somebody does not get.
  private static func promises(in text: String) -> [(line: Int, text: String)] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var section = ""
    return lines.enumerated().compactMap { number, line in
      if line.hasPrefix("#") { section = line }
      guard section.hasPrefix("## "), !section.hasSuffix("vulnerability") else { return nil }
      if line.isEmpty || line.hasPrefix("#") { return nil }
      if line.hasPrefix("|"), !line.hasPrefix("| **") || line.hasSuffix("| |") { return nil }
      return (number + 1, line)
    }
  }

  private static func named(in text: String) -> Set<String> {
    Set(text.matches(of: /`([^`]+)`/).map { String($0.1) })
  }
}

@Suite struct SecurityPromiseTests {
  static let names = SecurityPromises.names(in: Repository.sources + Repository.tests)

  @Test func `each promise names what holds it`() throws {
    let text = try #require(Repository.text("SECURITY.md"))
    #expect(SecurityPromises.unheld(in: text, by: Self.names).isEmpty)
  }

  @Test func `each test that is named is there`() throws {
    let text = try #require(Repository.text("SECURITY.md"))
    #expect(SecurityPromises.unknown(in: text, names: Self.names).isEmpty)
  }

  @Test func `a promise that nothing holds is found, and a test that is none`() {
    let text = """
      # Security
      What this is.
      ## Who gets what
      | Who | Gets | Does not get |
      |---|---|---|
      | **root** | all | |
      | **a thief** | the disk | keys (`ThiefTests`) |
      | **a neighbour** | noise | keys |
      ## Keys
      - One is wiped (`a key is wiped at once`).
      - One is locked, with `ulimit -l`.
      ## Reporting a vulnerability
      Write.
      """
    let file = SourceFile(
      path: "Tests/T/ThiefTests.swift",
      text: "@Suite struct `Thieves` {\n  @Test func `are told`() {}\n}\n"
    )
    let names = SecurityPromises.names(in: [file])
    #expect(names == ["ThiefTests", "Thieves", "are told"])
    #expect(SecurityPromises.unheld(in: text, by: names) == [8, 10, 11])
    #expect(SecurityPromises.unknown(in: text, names: names) == ["a key is wiped at once"])
  }
}
