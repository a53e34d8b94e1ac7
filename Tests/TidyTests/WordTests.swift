import Testing

/// Words that do not belong in the repository, or not in one part of it.
struct BannedWord {
  let word: String
  let reason: String

  /// Marks of unfinished work, and paths of one person's machine.
  ///
  /// Spelled in halves, so that these lines do not find themselves.
  static let anywhere = [
    BannedWord(word: "TO" + "DO", reason: "finish it or file an issue"),
    BannedWord(word: "FIX" + "ME", reason: "finish it or file an issue"),
    BannedWord(word: "XX" + "X", reason: "finish it or file an issue"),
    BannedWord(word: "/ro" + "ot/", reason: "a path of one machine"),
    BannedWord(word: "/Us" + "ers/", reason: "a path of one machine"),
  ]
  static let inSources = [
    BannedWord(word: "CURLOPT_VERBOSE", reason: "it would print keys"),
    BannedWord(word: ".verbose", reason: "it would print keys"),
    BannedWord(word: "public ", reason: "`package` is as far as a room is seen"),
  ]
  static let inTests = [
    BannedWord(word: "Thread.sleep", reason: "wait for the event, or inject the clock"),
    BannedWord(word: "usleep(", reason: "wait for the event, or inject the clock"),
    BannedWord(word: "nanosleep(", reason: "wait for the event, or inject the clock"),
    BannedWord(word: "Task.sleep", reason: "wait for the event, or inject the clock"),
  ]

  /// Looks at whole lines, comments and literals included.
  func findings(inTextOf file: SourceFile) -> [Finding] {
    findings(in: file, lines: file.lines)
  }

  /// Looks at code alone.
  func findings(inCodeOf file: SourceFile) -> [Finding] {
    findings(in: file, lines: file.code)
  }

  private func findings(in file: SourceFile, lines: [String]) -> [Finding] {
    lines.indices.filter { lines[$0].contains(word) }.map {
      file.finding($0, "`\(word)`: \(reason)")
    }
  }
}

@Suite struct WordTests {
  @Test(arguments: BannedWord.anywhere.map(\.word))
  func `nothing is left unfinished or tied to a machine`(word: String) throws {
    let banned = try #require(BannedWord.anywhere.first { $0.word == word })
    #expect(Repository.written.flatMap(banned.findings(inTextOf:)).isEmpty)
    let sample = SourceFile(path: "a.md", text: "one\ntwo \(word)three\n")
    #expect(banned.findings(inTextOf: sample).map(\.line) == [2])
  }

  @Test(arguments: BannedWord.inSources.map(\.word))
  func `sources print no keys and keep to themselves`(word: String) throws {
    let banned = try #require(BannedWord.inSources.first { $0.word == word })
    let sources = Repository.written.filter { $0.path.hasPrefix("Sources/") }
    #expect(sources.flatMap(banned.findings(inCodeOf:)).isEmpty)
    let sample = SourceFile(path: "a.swift", text: "// \(word)\n  \(word) = 1\n")
    #expect(banned.findings(inCodeOf: sample).map(\.line) == [2])
  }

  @Test(arguments: BannedWord.inTests.map(\.word))
  func `no test sleeps`(word: String) throws {
    let banned = try #require(BannedWord.inTests.first { $0.word == word })
    #expect(Repository.tests.flatMap(banned.findings(inCodeOf:)).isEmpty)
    let sample = SourceFile(path: "a.swift", text: "let a = \"\(word)\"\ntry await \(word)1)\n")
    #expect(banned.findings(inCodeOf: sample).map(\.line) == [2])
  }
}
