import Testing

/// What the documents name is there.
enum Documents {
  /// Names of `make` targets in a text that a Makefile does not have.
  static func unknownTargets(in text: String, makefile: String) -> [String] {
    let targets = Set(makefile.matches(of: /(?m)^([a-z-]+):/).map { String($0.1) })
    let named = text.matches(of: /(?m)(?:`|^ *(?:\$ )?)make ([a-z-]+)/).map { String($0.1) }
    return Set(named).subtracting(targets).sorted()
  }

  /// Targets of relative links in a document that are not files of the repository.
  static func brokenLinks(in text: String, of path: String) -> [String] {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    return text.matches(of: /\]\(([^)#\s]+)[^)]*\)/).map { String($0.1) }.filter { link in
      !link.contains("://") && !Repository.exists(folder.isEmpty ? link : "\(folder)/\(link)")
    }
  }

  static func unnamed(_ files: [String], in text: String) -> [String] {
    files.filter { file in !text.contains(file.split(separator: "/").last ?? "") }
  }
}

@Suite struct DocumentTests {
  static let documents = Repository.written.map(\.path).filter { $0.hasSuffix(".md") }

  @Test(arguments: documents)
  func `every make target that a document names exists`(path: String) throws {
    let text = try #require(Repository.text(path))
    let makefile = try #require(Repository.text("Makefile"))
    #expect(Documents.unknownTargets(in: text, makefile: makefile).isEmpty)
  }

  @Test(arguments: documents)
  func `every relative link leads to a file`(path: String) throws {
    let text = try #require(Repository.text(path))
    #expect(Documents.brokenLinks(in: text, of: path).isEmpty)
  }

  @Test func `every job file is named in the README of its folder`() throws {
    let readme = try #require(Repository.text("jobs/README.md"))
    let jobs = Repository.files(under: "jobs").filter { $0.hasSuffix(".yaml") }
    #expect(!jobs.isEmpty)
    #expect(Documents.unnamed(jobs, in: readme).isEmpty)
  }

  @Test func `the README is read in a few minutes`() throws {
    let readme = try #require(Repository.text("README.md"))
    #expect(readme.split { $0 == " " || $0 == "\n" }.count <= 1_500)
  }

  @Test func `every page of the documents is linked from the README`() throws {
    let readme = try #require(Repository.text("README.md"))
    let pages = Repository.files(under: "docs")
    #expect(!pages.isEmpty && pages.allSatisfy { readme.contains("](\($0)") })
  }

  @Test func `the changelog has room for what comes next`() throws {
    let changelog = try #require(Repository.text("CHANGELOG.md"))
    #expect(changelog.contains("\n## [Unreleased]\n"))
  }

  @Test func `a target that no Makefile has is found`() {
    let text = "Run `make test`, then\n\n    make dinner\n    $ make tea\nto make sure."
    let unknown = Documents.unknownTargets(in: text, makefile: "test: lint\nlint:\n")
    #expect(unknown == ["dinner", "tea"])
  }

  @Test func `a link to nowhere is found`() {
    let text = "[a](https://example.com) [b](README.md#there) [c](nowhere.md) [d](#here)"
    #expect(Documents.brokenLinks(in: text, of: "README.md") == ["nowhere.md"])
    #expect(Documents.brokenLinks(in: "[a](../README.md)", of: "jobs/README.md").isEmpty)
  }

  @Test func `a job file that its README does not name is found`() {
    #expect(Documents.unnamed(["jobs/a.yaml", "jobs/b.yaml"], in: "a.yaml") == ["jobs/b.yaml"])
  }
}
