import Foundation
import Testing

/// Batches whose input bears another name than when they were begun.
struct MovedInputTests {
  private let folder: Scratch
  private let provider: Provider

  init() throws {
    folder = try Scratch()
    provider = try Provider(in: folder)
  }

  private func run(_ flags: [String] = [], input: String = "in.jsonl") throws -> Program.Ending {
    try folder.nightjar(["run", input, "-o", "out.jsonl"] + provider.flags() + flags)
  }

  /// Moves all of the batch, with its input, into another folder.
  private func move(to place: String) throws {
    try folder.write(place + "/notes", "")
    for name in folder.files where name.hasPrefix("out.") || name.hasPrefix("in.") {
      try FileManager.default.moveItem(
        atPath: folder.path(of: name),
        toPath: folder.path(of: place + "/" + name)
      )
    }
  }

  @Test func `a batch whose folder was moved goes on with the input that is there`() throws {
    try folder.write("in.jsonl", prompts(0..<300))
    let limited = try run(["--limit", "100"])
    #expect(limited.status == 0, "\(limited.errors)")
    try move(to: "moved")
    let run = ["run", "moved/in.jsonl", "-o", "moved/out.jsonl"] + provider.flags()
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<300, in: "moved/out.jsonl")
    #expect(provider.requests.count == 300)
    try move(to: "again")
    try FileManager.default.moveItem(
      atPath: folder.path(of: "moved"),
      toPath: folder.path(of: "last")
    )
    let retry = try folder.nightjar(["retry", "last/out.jsonl", "--id", "7"])
    #expect(retry.status == 0, "\(retry.errors)")
  }

  @Test func `an input that was moved and changed is taken only where that is said`() throws {
    try folder.write("in.jsonl", prompts(0..<50))
    #expect(try run().status == 0)
    try folder.write("other.jsonl", #"{"id":"0","prompt":"New 0"}"# + "\n" + prompts(1..<51))
    let refused = try run(input: "other.jsonl")
    #expect(refused.status == 65)
    #expect(refused.errors.contains("in.jsonl") && refused.errors.contains("--input-moved"))
    let moved = try run(["--input-moved", "--allow-changed"], input: "other.jsonl")
    #expect(moved.status == 0, "\(moved.errors)")
    #expect(try folder.results().count == 51)
    #expect(provider.requests.count == 51)
    #expect(try run(["--allow-changed"], input: "other.jsonl").status == 0)
  }

  @Test func `a folder of documents that was moved is known by its documents`() throws {
    for name in ["a", "b/c"] { try folder.write("docs/\(name).txt", "Document \(name)") }
    #expect(try run(input: "docs").status == 0)
    try FileManager.default.moveItem(
      atPath: folder.path(of: "docs"),
      toPath: folder.path(of: "texts")
    )
    let ending = try run(input: "texts")
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(provider.requests.count == 2)
  }

  @Test func `a copy of a folder with its batch goes on, while the first is still there`() throws {
    for name in ["a", "b/c"] { try folder.write("docs/\(name).txt", "Document \(name)") }
    #expect(try run(input: "docs").status == 0)
    for name in folder.files where name.hasPrefix("out.") || name.hasPrefix("docs/") {
      try folder.write("copy/" + name, "")
      try FileManager.default.removeItem(atPath: folder.path(of: "copy/" + name))
      try FileManager.default.copyItem(
        atPath: folder.path(of: name),
        toPath: folder.path(of: "copy/" + name)
      )
    }
    let run = ["run", "copy/docs", "-o", "copy/out.jsonl"] + provider.flags()
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(provider.requests.count == 2)
    try folder.write("copy/docs/new.txt", "Document new")
    #expect(try folder.nightjar(run).status == 0)
    #expect(provider.requests.count == 3)
  }
}
