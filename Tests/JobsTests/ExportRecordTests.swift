import Foundation
import Jobs
import Testing

@Suite struct `A record of exports` {
  private let folder: TemporaryFolder
  private let record: ExportRecord

  init() throws {
    folder = try TemporaryFolder()
    record = ExportRecord(batch: folder.file("batch"))
  }

  private func export(_ name: String, _ text: String) async throws {
    try await OutputFile.replacing(folder.file(name)) { file in
      try await file.append([OutputLine(Array(text.utf8))])
      record.note(file)
    }
  }

  @Test func `knows what was written, also under another name`() async throws {
    try await export("a", "one")
    try await export("b", "two")
    #expect(record.holds(folder.file("a")) && record.holds(folder.file("b")))
    try FileManager.default.moveItem(atPath: folder.file("a"), toPath: folder.file("c"))
    #expect(record.holds(folder.file("c")))
  }

  @Test func `knows no file that was changed, or is another`() async throws {
    try await export("a", "one")
    try folder.write("one", to: "same-text")
    #expect(!record.holds(folder.file("same-text")))
    #expect(!record.holds(folder.file("none")))
    try folder.write("one, and a line of my own", to: "a")
    #expect(!record.holds(folder.file("a")))
  }

  @Test func `is not written through a link that somebody has planted`() async throws {
    try folder.write("mine", to: "victim")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("batch-exports"),
      withDestinationPath: folder.file("victim")
    )
    try await export("a", "one")
    #expect(try folder.read("victim") == "mine")
    #expect(!record.holds(folder.file("a")))
  }
}
