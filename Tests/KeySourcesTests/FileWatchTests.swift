import Foundation
import Glibc
import KeySources
import Testing

@Suite(.timeLimit(.minutes(10)))
struct FileWatchTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/key" }

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A way in which a file comes to hold something else.
  enum Change: CaseIterable {
    case written, replaced, removed, permitted
  }

  @Test(arguments: Change.allCases)
  func `tells when the file is`(change: Change) async throws {
    try folder.write("sk-old", to: "key")
    let changes = try #require(FileWatch.changes(of: [path]))
    switch change {
    case .written: #expect(unsafe truncate(path, 1) == 0 && append("x"))
    case .replaced:
      try folder.write("sk-new", to: "other")
      #expect(unsafe rename(folder.path + "/other", path) == 0)
    case .removed: #expect(unsafe unlink(path) == 0)
    case .permitted: #expect(unsafe chmod(path, 0o400) == 0)
    }
    #expect(await changes.first { true } != nil)
  }

  @Test func `tells when a missing folder and the file in it come`() async throws {
    let inner = folder.path + "/inner"
    let changes = try #require(FileWatch.changes(of: [inner + "/key"]))
    var iterator = changes.makeAsyncIterator()
    #expect(unsafe mkdir(inner, 0o700) == 0)
    await iterator.next()
    try folder.write("sk-new", to: "inner/key")
    #expect(await iterator.next() != nil)
  }

  @Test func `tells when a mounted secret is swapped, again and again`() async throws {
    for version in ["1", "2", "3"] {
      #expect(unsafe mkdir(folder.path + "/" + version, 0o700) == 0)
      try folder.write("sk-\(version)", to: version + "/key")
    }
    try link("..data", to: "1")
    try link("key", to: "..data/key")
    let changes = try #require(FileKeySource(path: path).changes)
    var iterator = changes.makeAsyncIterator()
    for version in ["2", "3"] {
      try link("..new", to: version)
      #expect(unsafe rename(folder.path + "/..new", folder.path + "/..data") == 0)
      await iterator.next()
      #expect(value(of: try await FileKeySource(path: path).newest()) == "sk-\(version)")
    }
    try folder.write("sk-4", to: "3/key")
    #expect(await iterator.next() != nil)
  }

  @Test func `says nothing of other files`() async throws {
    let mine = try #require(FileWatch.changes(of: [path]))
    let other = try #require(FileWatch.changes(of: [folder.path + "/other"]))
    try folder.write("sk-new", to: "other")
    #expect(await other.first { true } != nil)
    let told = Task { await mine.first { true } }
    told.cancel()
    #expect(await told.value == nil)
  }

  @Test func `follows no circle of links for ever`() async throws {
    try link("key", to: "key")
    let changes = try #require(FileWatch.changes(of: [path]))
    #expect(unsafe unlink(path) == 0)
    #expect(await changes.first { true } != nil)
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/" + name,
      withDestinationPath: target
    )
  }

  private func append(_ text: String) -> Bool {
    let file = unsafe open(path, O_WRONLY | O_APPEND)
    defer { close(file) }
    return unsafe write(file, text, text.utf8.count) == text.utf8.count
  }
}
