import Foundation
import Glibc
import Jobs
import Synchronization
import Testing

/// What of a folder is read, and what is left out.
@Suite struct `Links among documents` {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["docs/a.txt", "docs/sub/b.txt", "out/o.txt"] {
      try folder.write("text of \(name)", to: name)
    }
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.file(name),
      withDestinationPath: target
    )
  }

  /// The documents of `docs`, and what the user is told of the others.
  private func documents(
    followingLinks: Bool = false,
    withheld: [String] = []
  ) async throws -> (paths: [String], told: String) {
    let told = Mutex<[String]>([])
    let rules = DocumentRules(
      followsLinks: followingLinks,
      withheld: withheld.map(folder.file),
      notice: OneNotice { text in told.withLock { $0.append(text) } }
    )
    let documents = DocumentFolder(folder.file("docs"), rules)
    var paths: [String] = []
    for try await document in documents { paths.append(document.path) }
    for try await _ in documents {}
    let all = told.withLock { $0 }
    #expect(all.count <= 1, "said more than once")
    return (paths, all.joined())
  }

  private func isRefused(_ path: String, followingLinks: Bool = false) async -> Bool {
    let rules = DocumentRules(followsLinks: followingLinks)
    let text = try? await DocumentFolder(folder.file("docs"), rules).text(of: path)
    return text == nil
  }

  @Test func `are read where they stay inside the folder`() async throws {
    try link("docs/one.txt", to: "a.txt")
    try link("docs/two.txt", to: folder.file("docs/sub/b.txt"))
    try link("docs/more", to: "sub")
    let (paths, told) = try await documents()
    #expect(paths == ["a.txt", "more/b.txt", "one.txt", "sub/b.txt", "two.txt"])
    #expect(told.isEmpty)
    for path in paths { #expect(await !isRefused(path), "\(path)") }
  }

  @Test func `are left out where they lead out of it, unless that is wanted`() async throws {
    try link("docs/file.txt", to: "../out/o.txt")
    try link("docs/whole.txt", to: folder.file("out/o.txt"))
    try link("docs/folder", to: "../out")
    try link("out/back", to: "../docs/sub")
    let (paths, told) = try await documents()
    #expect(paths == ["a.txt", "sub/b.txt"])
    #expect(
      told.contains("3 to which links lead out of the folder") && told.contains("--follow-links")
    )
    let outside = ["file.txt", "whole.txt", "folder/o.txt", "../out/o.txt"]
    for path in outside { #expect(await isRefused(path), "\(path)") }
    let all = try await documents(followingLinks: true).paths
    #expect(
      all == ["a.txt", "file.txt", "folder/back/b.txt", "folder/o.txt", "sub/b.txt", "whole.txt"]
    )
    #expect(await !isRefused("folder/o.txt", followingLinks: true))
  }

  @Test(arguments: [false, true])
  func `never lead into what the system shows as files`(_ isFollowing: Bool) async throws {
    for (name, target) in [
      ("environ", "/proc/self/environ"), ("proc", "/proc/self"), ("sys", "/sys/kernel"),
      ("null", "/dev/null"), ("random", "/dev/urandom"), ("stdin", "/dev/stdin"),
    ] {
      try link("docs/\(name)", to: target)
      #expect(await isRefused(name, followingLinks: isFollowing), "\(name)")
    }
    #expect(try await documents(followingLinks: isFollowing).paths == ["a.txt", "sub/b.txt"])
    let error = await #expect(throws: StoreError.self) {
      for try await _ in DocumentFolder("/proc/self") {}
    }
    #expect(error?.code == .inputMissing)
  }

  @Test func `make no documents without end`() async throws {
    try link("docs/self", to: "self")
    try link("docs/sub/up", to: "..")
    try link("docs/here", to: ".")
    for name in ["x", "y", "z"] {
      try folder.write("text", to: "docs/\(name)/\(name).txt")
      for other in ["x", "y", "z"] { try link("docs/\(name)/to-\(other)", to: "../\(other)") }
    }
    let (paths, told) = try await documents()
    #expect(Set(paths).count == paths.count && paths.count < 20, "\(paths)")
    #expect(Set(["a.txt", "sub/b.txt", "x/x.txt", "y/y.txt", "z/z.txt"]).isSubset(of: paths))
    #expect(told.contains("in a circle"))
  }

  @Test func `are no way to keys, batches or results, and nothing else is`() async throws {
    let identity = "# created: today\nAGE-SECRET-KEY-1QQQQQ\n"
    for (name, text) in [
      ("docs/identity.txt", identity), ("docs/key", "made-up-key"), ("docs/r.jsonl", "{}"),
      ("docs/keystore.age", "age-encryption.org/v1\n"), ("docs/r.failed.jsonl", "{}"),
      ("docs/r.jsonl.nightjar", "SQLite format 3\0"), ("docs/r.jsonl.nightjar-w1-sent", "x"),
      ("out/other.jsonl", "{}"), ("out/other.jsonl.nightjar", "SQLite format 3\0"),
    ] {
      try folder.write(text, to: name)
      #expect(unsafe chmod(folder.file(name), 0o600) == 0)
    }
    try link("docs/link", to: "key")
    try link("docs/results", to: "../out/other.jsonl")
    let (paths, told) = try await documents(followingLinks: true, withheld: ["docs/key"])
    #expect(paths == ["a.txt", "sub/b.txt"])
    #expect(told.contains("9 of a batch, or holding keys"), "\(told)")
    for path in ["identity.txt", "keystore.age", "r.jsonl.nightjar"] {
      #expect(await isRefused(path), "\(path)")
    }
  }

  @Test(arguments: [0o600, 0o644] as [mode_t])
  func `are not what makes a copied keystore or queue a document`(_ mode: mode_t) async throws {
    let hash = String(repeating: "a", count: 64)
    let entry = #"{"seq":1,"at":"x","event":"created","prev":"\#(hash)","hash":"\#(hash)"}"# + "\n"
    for (name, text) in [
      ("ks/keystore.age", "age-encryption.org/v1\n"), ("ks/keystore.age.audit", entry + entry),
      ("ks/identity.txt", "# created: today\nAGE-SECRET-KEY-1QQQQQ\n"), ("q", "SQLite format 3\0"),
      ("q-audit", entry), ("q-w1-sent", "x"), ("q-exports", "1 2 3\n"), ("key.pem", Self.key),
    ] {
      try folder.write(text, to: "docs/" + name)
      #expect(unsafe chmod(folder.file("docs/" + name), mode) == 0)
    }
    for name in ["docs/letters-sent", "docs/letters", "docs/audit.txt"] {
      try folder.write(#"{"seq":1,"text":"mine"}"#, to: name)
    }
    let (paths, told) = try await documents()
    #expect(paths == ["a.txt", "audit.txt", "letters", "letters-sent", "sub/b.txt"])
    #expect(told.contains("8 of a batch, or holding keys"), "\(told)")
    #expect(await isRefused("ks/keystore.age.audit"))
  }

  @Test func `files of lines are no documents, and are named with what to do`() async throws {
    try folder.write(#"{"id":1}"#, to: "docs/more.jsonl")
    let (paths, told) = try await documents()
    #expect(paths == ["a.txt", "sub/b.txt"])
    #expect(told.contains("more.jsonl") && told.contains("nightjar run -"), "\(told)")
    let lines = DocumentFolder(folder.file("docs/*.jsonl"), DocumentRules())
    await #expect(throws: StoreError.self) { for try await _ in lines {} }
  }

  @Test func `a copy is the same document, and what has changed is another`() async throws {
    func versions() async throws -> [UInt64] {
      var versions: [UInt64] = []
      for try await document in DocumentFolder(folder.file("docs"), DocumentRules()) {
        versions.append(document.version)
      }
      return versions
    }
    let before = try await versions()
    try folder.write("text of docs/a.txt", to: "docs/a.txt")
    #expect(try await versions() == before)
    try folder.write("text of docs/a.tx!", to: "docs/a.txt")
    #expect(try await versions() != before)
  }

  private static let key = "-----BEGIN PRIVATE KEY-----\nx\n"

  @Test func `to nothing fail as documents, and what is no file is left out`() async throws {
    try link("docs/nothing.txt", to: "none.txt")
    #expect(unsafe mkfifo(folder.file("docs/pipe"), 0o600) == 0)
    let (paths, told) = try await documents()
    #expect(paths == ["a.txt", "nothing.txt", "sub/b.txt"])
    #expect(told.contains("1 that is no file"))
    #expect(await isRefused("nothing.txt"))
    #expect(await isRefused("pipe"))
  }
}

@Suite struct `Names of documents` {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let names: [(text: String, bytes: [UInt8])] = [
    ("plain.txt", Array("plain.txt".utf8)), ("é漢 \n\t", Array("é漢 \n\t".utf8)),
    ("caf\\xE9.txt", [0x63, 0x61, 0x66, 0xE9, 0x2E, 0x74, 0x78, 0x74]),
    ("a\\b", Array("a\\b".utf8)), ("a\\\\xE9", Array("a\\xE9".utf8)),
  ]

  @Test(arguments: names)
  func `are text, and lead back to the name`(_ text: String, _ bytes: [UInt8]) {
    #expect(DocumentName.text(of: bytes) == text)
    #expect(DocumentName.bytes(of: text) == bytes)
  }

  @Test func `differ wherever the bytes do`() {
    let parts: [[UInt8]] = [[0x5C], [0x78], [0x45, 0x39], [0xE9], [0xC3, 0xA9], [0x0A]]
    var names: [[UInt8]] = [[]]
    for _ in 0..<4 { names += names.flatMap { name in parts.map { name + $0 } } }
    let all = Set(names)
    #expect(Set(all.map(DocumentName.text(of:))).count == all.count)
    for name in all { #expect(DocumentName.bytes(of: DocumentName.text(of: name)) == name) }
  }

  @Test func `that are not UTF-8 or hold line breaks are read like any other`() async throws {
    for name in [[0x63, 0x61, 0x66, 0xE9], Array("new\nline".utf8), Array("a\\xE9".utf8)] {
      let path = (Array(folder.file("").utf8) + name).map { CChar(bitPattern: $0) } + [0]
      let text = DocumentName.text(of: name)
      let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      defer { close(file) }
      #expect(unsafe write(file, Array(text.utf8), text.utf8.count) == text.utf8.count)
    }
    let documents = DocumentFolder(folder.path)
    var paths: [String] = []
    for try await document in documents {
      paths.append(document.path)
      #expect(try await documents.text(of: document.path) == Array(document.path.utf8))
      let sizes = await documents.looks(at: [document.path]) { $0.size }
      #expect(sizes == [document.path.utf8.count])
    }
    #expect(Set(paths) == ["caf\\xE9", "new\nline", "a\\\\xE9"])
  }
}

@Suite struct `Patterns of documents` {
  @Test(arguments: [
    ("*.txt", "a.txt", true), ("*.txt", "sub/a.txt", false), ("*.txt", ".a.txt", false),
    ("**/*.txt", "a.txt", true), ("**/*.txt", "x/y/a.txt", true), ("**/*.txt", "x/.y/a.txt", false),
    ("**", "a", true), ("**", "x/y/a", true), ("**", ".a", false), ("x/**/a", "x/a", true),
    ("x/**/a", "x/1/2/a", true), ("x/**/a", "y/a", false), ("**/x/**/a", "1/x/2/a", true),
    ("?.md", "1.md", true), ("[ab].md", "c.md", false), (".*", ".a", true),
    (".git/**", ".git/a/b", true),
    ("**/**/a", "a", true),
  ])
  func `match`(_ pattern: String, _ path: String, _ isMatch: Bool) {
    #expect(DocumentPattern(pattern).matches(path) == isMatch, "\(pattern) \(path)")
  }

  @Test func `are not the names of folders that look like one`() async throws {
    let folder = try TemporaryFolder()
    try folder.write("x", to: "docs [old]/a.txt")
    var paths: [String] = []
    for try await document in DocumentFolder(folder.file("docs [old]")) {
      paths.append(document.path)
    }
    #expect(paths == ["a.txt"])
  }

  @Test func `ask for hidden files by a period`() async throws {
    let folder = try TemporaryFolder()
    for name in [".a.txt", ".git/b.txt", "c.txt"] { try folder.write("x", to: name) }
    for (pattern, expected) in [("", ["c.txt"]), ("/.*", [".a.txt"]), ("/.git/*", ["b.txt"])] {
      var paths: [String] = []
      for try await document in DocumentFolder(folder.path + pattern) {
        paths.append(document.path)
      }
      #expect(paths == expected, "\(pattern)")
    }
  }
}
