import Testing

/// Words that switch a check of the compiler off, and so need a comment that says why that is safe.
enum Reasons {
  static func findings(in file: SourceFile) -> [Finding] {
    file.code.indices.compactMap { number in
      guard let word = word(in: file.code[number]), !hasReason(file, number) else { return nil }
      return file.finding(number, "`\(word)` without a comment that says why it is safe")
    }
  }

  private static func word(in line: String) -> String? {
    let fixed = ["@unchecked Sendable", "nonisolated(unsafe)", "try!", "as!", "unsafeBitCast"]
    if let word = fixed.first(where: { line.contains($0) }) { return word }
    return unwraps(line) ? "!" : nil
  }

  /// A mark that follows a value and does not begin `!=`.
  private static func unwraps(_ line: String) -> Bool {
    guard line.contains("!") else { return false }
    let marks = Array(line)
    return marks.indices.dropFirst().contains { index in
      let before = marks[index - 1]
      guard marks[index] == "!", before.isLetter || before.isNumber || "_)]`".contains(before)
      else { return false }
      return index + 1 == marks.count || marks[index + 1] != "="
    }
  }

  /// On the line itself or in the comment right above it.
  private static func hasReason(_ file: SourceFile, _ number: Int) -> Bool {
    file.commented.contains(number) || file.commented.contains(number - 1)
  }
}

@Suite struct ReasonTests {
  @Test func `every unsafe word has its reason`() {
    #expect((Repository.sources + Repository.tests).flatMap(Reasons.findings(in:)).isEmpty)
  }

  @Test(arguments: [
    "final class Loop: @unchecked Sendable {}", "nonisolated(unsafe) var count = 0",
    "let a = try! load()", "let b = c as! Int", "let d = e!", "f()!.g()", "let h = [1].first!",
    "var i: Int!", "\"\\(j!)\"",
  ])
  func `an unsafe word without a reason is found`(line: String) {
    let bare = SourceFile(path: "a.swift", text: "let a = 1\n\(line)\n")
    #expect(Reasons.findings(in: bare).count == 1)
    let above = SourceFile(path: "a.swift", text: "// Only the loop's thread runs it.\n\(line)\n")
    #expect(Reasons.findings(in: above).isEmpty)
    let beside = SourceFile(path: "a.swift", text: "let a = 1\n\(line)  // Checked above.\n")
    #expect(Reasons.findings(in: beside).isEmpty)
  }

  @Test(arguments: ["if !done {}", "if a != b {}", "print(\"done!\")", "func `says no!`() {}"])
  func `a mark that is no force unwrap is fine`(line: String) {
    #expect(Reasons.findings(in: SourceFile(path: "a.swift", text: line)).isEmpty)
  }
}
