import Testing

/// Which modules a room may import: what stands below it, and the foreign things it is the wall for.
enum Layering {
  static let allowed: [String: Set<String>] = [
    "JSON": [],
    "Secrets": ["CCrypto", "CLinux", "Glibc"],
    "Transport": ["Secrets", "CCurl", "CBuffers", "CLinux", "Glibc"],
    "KeySources": ["JSON", "Secrets", "Transport", "CLinux", "Glibc"],
    // GRDB's own interface speaks Foundation.
    "Jobs": [
      "JSON", "Secrets", "CSQLite", "CLinux", "GRDB", "GRDBSQLite", "Foundation", "Dispatch",
      "Glibc",
    ],
    "Runner": [
      "Jobs", "KeySources", "Transport", "JSON", "Secrets", "Mustache", "Yams", "DequeModule",
      "HeapModule",
    ],
    "Simulator": [
      "Hummingbird", "HummingbirdCore", "HTTPTypes", "Logging", "NIOCore", "NIOPosix",
      "ServiceLifecycle", "Glibc",
    ],
    "CLI": [
      "CLinux",
      "Runner", "Jobs", "KeySources", "Transport", "JSON", "Secrets", "Simulator", "ArgumentParser",
      "Logging", "Dispatch", "Glibc",
    ],
  ]
  /// The standard library's own modules, and the part of Foundation that brings no ICU.
  static let everywhere: Set<String> = ["FoundationEssentials", "Synchronization"]

  static func findings(in file: SourceFile) -> [Finding] {
    guard let allowed = allowed[file.room] else {
      return [file.finding(0, "\(file.room) is not a room of the house")]
    }
    return imports(of: file).compactMap { line, module in
      guard !allowed.contains(module), !everywhere.contains(module) else { return nil }
      return file.finding(line, "\(file.room) must not import \(module)")
    }
  }

  static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
    file.code.enumerated().compactMap { number, line in
      let words = line.split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index + 1 < words.count else { return nil }
      let name = words[(index + 1)...].first { !kinds.contains($0) } ?? ""
      return (number, String(name.prefix { $0 != "." }))
    }
  }

  /// `import struct Module.Name` imports one declaration.
  private static let kinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
  ]

  static func testableImports(in file: SourceFile) -> [Finding] {
    file.code.indices.filter { file.code[$0].contains("@testable") }.map {
      file.finding($0, "what a test needs is `package`; @testable hides what a room offers")
    }
  }
}

@Suite struct LayeringTests {
  @Test func `rooms import only what stands below them`() {
    #expect(Repository.sources.flatMap(Layering.findings(in:)).isEmpty)
  }

  @Test func `tests use what a room offers`() {
    #expect(Repository.tests.flatMap(Layering.testableImports(in:)).isEmpty)
  }

  @Test func `the sources are where the rules look`() {
    #expect(Set(Repository.sources.map(\.room)) == Set(Layering.allowed.keys))
  }

  @Test(arguments: [
    ("Runner", "import CCurl"), ("Runner", "internal import Glibc"), ("Jobs", "import Runner"),
    ("Secrets", "package import Transport"), ("CLI", "import GRDB"),
    ("Runner", "import Foundation"),
    ("Transport", "internal import struct CCrypto.EVP_PKEY"), ("Attic", "import Secrets"),
  ])
  func `an import that goes up or through a wall is found`(room: String, line: String) {
    let file = SourceFile(path: "Sources/\(room)/Sample.swift", text: "\(line)\n")
    #expect(Layering.findings(in: file).count == 1)
  }

  @Test func `an import that goes down is fine`() {
    let text = "package import Jobs\n// import CCurl\ninternal import FoundationEssentials\n"
    let file = SourceFile(path: "Sources/Runner/Run/Sample.swift", text: text)
    #expect(Layering.findings(in: file).isEmpty)
  }

  @Test func `a testable import is found`() {
    let file = SourceFile(path: "Tests/JobsTests/Sample.swift", text: "@testable import Jobs")
    #expect(Layering.testableImports(in: file).count == 1)
  }
}
