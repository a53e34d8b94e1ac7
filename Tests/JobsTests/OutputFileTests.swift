import Foundation
import Jobs
import Testing

@Suite struct `An output file` {
  private struct Trouble: Error {}

  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("out.jsonl")
  }

  @Test func `grows at its end and is cut where it is told`() async throws {
    try folder.write("one\n", to: "out.jsonl")
    let file = try OutputFile(path: path)
    try await file.append(Array("two\n".utf8))
    #expect(try file.size() == 8)
    #expect(try await file.read(at: 2, count: 4) == Array("e\ntw".utf8))
    #expect(try await file.read(at: 6, count: 99) == Array("o\n".utf8))
    #expect(try await file.read(at: 8, count: 1).isEmpty)
    try await file.truncate(to: 2)
    try await file.append(Array("ly".utf8))
    try await file.sync()
    #expect(try folder.read("out.jsonl") == "only")
  }

  @Test func `is nobody else's to read`() throws {
    _ = try OutputFile(path: path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect((mode as? NSNumber)?.intValue == 0o600)
  }

  @Test func `is replaced only by a whole one`() async throws {
    try folder.write("old", to: "out.jsonl")
    await #expect(throws: Trouble.self) {
      try await OutputFile.replacing(path) { file in
        try await file.append(Array("half of the ne".utf8))
        throw Trouble()
      }
    }
    #expect(try folder.read("out.jsonl") == "old")
    #expect(try folder.names == ["out.jsonl"])
    try await OutputFile.replacing(path) { try await $0.append(Array("new".utf8)) }
    #expect(try folder.read("out.jsonl") == "new")
    #expect(try folder.names == ["out.jsonl"])
  }

  @Test func `that is replaced may be new`() async throws {
    try await OutputFile.replacing(path) { try await $0.append(Array("new".utf8)) }
    #expect(try folder.read("out.jsonl") == "new")
  }

  @Test func `says that the disk is full`() async throws {
    let full = try OutputFile(path: "/dev/full")
    let error = await #expect(throws: StoreError.self) { try await full.append([1, 2, 3]) }
    #expect(error?.code == .diskFull)
    #expect(error?.place == "/dev/full")
  }

  @Test(arguments: ["none/out.jsonl", "."])
  func `needs a place that can be written`(_ name: String) {
    #expect { try OutputFile(path: folder.file(name)) } throws: {
      ($0 as? StoreError)?.code == .notWritable
    }
  }
}
