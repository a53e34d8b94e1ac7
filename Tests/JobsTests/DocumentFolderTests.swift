import Foundation
import Jobs
import Testing

@Suite struct `A folder of documents` {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["b.txt", "a.md", ".hidden.txt", "sub/c.txt", "sub/deep/d.txt", ".git/e.txt"] {
      try folder.write("text of \(name)", to: name)
    }
    try FileManager.default.createDirectory(
      atPath: folder.file("empty"),
      withIntermediateDirectories: true
    )
  }

  private func paths(_ pattern: String) async throws -> [String] {
    var paths: [String] = []
    for try await document in DocumentFolder(pattern) { paths.append(document.path) }
    return paths
  }

  @Test(arguments: [
    ("", ["a.md", "b.txt", "sub/c.txt", "sub/deep/d.txt"]),
    ("/", ["a.md", "b.txt", "sub/c.txt", "sub/deep/d.txt"]),
    ("/*", ["a.md", "b.txt"]),
    ("/*.txt", ["b.txt"]),
    ("/?.md", ["a.md"]),
    ("/[ab].*", ["a.md", "b.txt"]),
    ("/*/*.txt", ["sub/c.txt"]),
    ("/s*/*/d.txt", ["sub/deep/d.txt"]),
    ("/sub/*.txt", ["c.txt"]),
    ("/**/*.{md,txt}", ["a.md", "b.txt", "sub/c.txt", "sub/deep/d.txt"]),
    ("/*.{m,}d", ["a.md"]),
    ("/*.{md", []),
    ("/{a,[c-z]*/c}.{md,txt}", ["a.md", "sub/c.txt"]),
    ("/.*", [".hidden.txt"]),
    ("/*.none", []),
  ])
  func `lists the visible files that its pattern names`(_ pattern: String, _ expected: [String])
    async throws
  {
    #expect(try await paths(folder.path + pattern) == expected)
  }

  @Test func `lists in the order of paths a folder at a time`() async throws {
    let names = ["10.txt", "9.txt", "B.txt", "a/2.txt", "a/1.txt", "a.txt", "é.txt"]
    for name in names { try folder.write("x", to: "order/" + name) }
    #expect(
      try await paths(folder.file("order"))
        == ["10.txt", "9.txt", "B.txt", "a/1.txt", "a/2.txt", "a.txt", "é.txt"]
    )
  }

  @Test func `that is not there is named`() async throws {
    let error = await #expect(throws: StoreError.self) { try await paths(folder.file("none")) }
    #expect(error?.code == .inputMissing)
    #expect(error?.place == folder.file("none"))
  }

  @Test(arguments: [
    ("missing.txt", nil as [UInt8]?, "no such file"),
    ("empty.txt", [], "is empty"),
    ("blank.txt", Array(" \n\t\r\n".utf8), "is empty"),
    ("latin1.txt", [0x63, 0x61, 0x66, 0xE9], "is not UTF-8 text, which cannot"),
    ("cut.txt", Array("é".utf8.dropLast()), "is not UTF-8 text, which cannot"),
  ])
  func `says why a document cannot be used`(_ name: String, _ bytes: [UInt8]?, _ reason: String)
    async throws
  {
    if let bytes { try folder.write(bytes, to: name) }
    let error = await #expect(throws: DocumentError.self) {
      try await DocumentFolder(folder.path).text(of: name)
    }
    #expect(error?.message.contains(reason) == true)
  }

  @Test func `takes no document that is too large`() async throws {
    let large = [UInt8](repeating: 0x61, count: DocumentFolder.largest + 1)
    try folder.write(large, to: "large.txt")
    let error = await #expect(throws: DocumentError.self) {
      try await DocumentFolder(folder.path).text(of: "large.txt")
    }
    #expect(error?.message == "is larger than 16 MiB; split it")
    try folder.write(Array(large.dropLast()), to: "large.txt")
    #expect(
      try await DocumentFolder(folder.path).text(of: "large.txt").count
        == DocumentFolder.largest
    )
  }

  @Test(arguments: ["é漢\n", "x", "a\u{FEFF}b"])
  func `gives the text of a document as it is, without a byte order mark`(_ text: String)
    async throws
  {
    for start in ["", "\u{FEFF}"] {
      try folder.write(start + text, to: "sub/text.txt")
      let read = try await DocumentFolder(folder.file("*")).text(of: "sub/text.txt")
      #expect(Array(read) == Array(text.utf8))
    }
  }

  @Test(arguments: [("a*.txt", true), ("a?", true), ("[a]", true), ("a/b.txt", false), ("", false)])
  func `is told from a path by its pattern`(_ path: String, _ isPattern: Bool) {
    #expect(DocumentFolder.isPattern(path) == isPattern)
  }

  @Test(arguments: [("docs", "docs"), ("*.txt", "."), ("/*.txt", "/"), ("a/b/*/c", "a/b")])
  func `begins at its last folder without a pattern`(_ path: String, _ root: String) {
    #expect(DocumentFolder(path).root == root)
  }
}
