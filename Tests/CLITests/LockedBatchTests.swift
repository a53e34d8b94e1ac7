import Foundation
import TestSupport
import Testing

/// A batch that another program keeps locked, such as a backup: it is waited for with a word.
struct LockedBatchTests {
  /// A transaction of another program, from its making until ``end()``.
  private final class Lock {
    private let process = Process()
    private let input = Pipe()

    init(on path: String) throws {
      let program = """
        import sqlite3, sys
        batch = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
        batch.execute("BEGIN EXCLUSIVE")
        print("locked", flush=True)
        sys.stdin.read()
        """
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: try #require(Tool.find("python3")))
      process.arguments = ["-c", program, path]
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      _ = try output.fileHandleForReading.read(upToCount: 6)
    }

    var words: String { "process \(process.processIdentifier) (python3) keeps the batch" }

    func end() throws {
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
    }
  }

  private let folder: Scratch
  private let provider: Provider

  init() throws {
    folder = try Scratch()
    provider = try Provider(in: folder)
  }

  private func waits(_ program: Program, for lock: Lock) throws {
    try folder.wait(for: "the word") { program.errors.contains(lock.words) }
  }

  @Test func `a run waits for it, at its start and in its middle`() throws {
    let run = ["run", "-", "-o", "out.jsonl", "--quiet"] + provider.flags()
    #expect(try folder.nightjar(run, input: prompts(0..<5)).status == 0)
    let first = try Lock(on: folder.path(of: "out.jsonl.nightjar"))
    let pipe = Pipe()
    let program = try Program(run, in: folder, pipe: pipe)
    try pipe.fileHandleForWriting.write(contentsOf: Data(prompts(0..<10).utf8))
    try waits(program, for: first)
    try first.end()
    try folder.wait(for: "results") { folder.lines("out.jsonl").count == 10 }
    let second = try Lock(on: folder.path(of: "out.jsonl.nightjar"))
    try pipe.fileHandleForWriting.write(contentsOf: Data(prompts(10..<15).utf8))
    try pipe.fileHandleForWriting.close()
    try waits(program, for: second)
    try second.end()
    let ending = program.ending()
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<15)
    #expect(provider.requests.count == 15)
  }

  @Test func `a worker of a queue keeps its jobs meanwhile, and a look at it says why it fails`()
    throws
  {
    try folder.write("in.jsonl", prompts(0..<50))
    #expect(try folder.nightjar(["enqueue", "in.jsonl", "--queue", "q"]).status == 0)
    let lock = try Lock(on: folder.path(of: "q"))
    let work = ["work", "--queue", "q", "--until-empty", "--lease", "1"] + provider.flags()
    let program = try Program(work, in: folder)
    try waits(program, for: lock)
    let status = try folder.nightjar(["status", "q"])
    #expect(status.status == 75, "\(status.errors)")
    #expect(status.errors.contains(lock.words), "\(status.errors)")
    try lock.end()
    let ending = program.ending()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try folder.nightjar(["export", "q", "-o", "out.jsonl"]).status == 0)
    try folder.expectResults(0..<50)
    #expect(provider.requests.count == 50)
  }
}
