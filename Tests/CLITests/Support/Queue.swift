import Foundation
import Glibc
import Testing

/// A queue in a folder of its own, with a provider that its workers use.
struct Queue {
  static let name = "night.queue"

  let folder: Scratch
  let provider: Provider

  /// - Parameter latency: of the provider.
  init(latency: String = "20ms") throws {
    folder = try Scratch()
    provider = try Provider(["--latency", latency], in: folder)
  }

  /// Adds the jobs of ``prompts(_:)``.
  @discardableResult
  func enqueue(_ numbers: Range<Int>, _ flags: [String] = []) throws -> Program.Ending {
    let name = "in-\(UUID().uuidString.prefix(8)).jsonl"
    try folder.write(name, prompts(numbers))
    let ending = try folder.nightjar(["enqueue", name, "--queue", Self.name] + flags)
    #expect(ending.status == 0, "\(ending.errors)")
    return ending
  }

  /// What a worker is told.
  func work(_ flags: [String] = [], at provider: Provider? = nil) -> [String] {
    ["work", "--queue", Self.name] + (provider ?? self.provider).flags() + flags
  }

  /// Starts a worker.
  func worker(_ flags: [String] = [], at provider: Provider? = nil) throws -> Program {
    try Program(work(flags, at: provider), in: folder)
  }

  /// Works until the queue is empty.
  func workedOff(_ flags: [String] = []) throws -> Program.Ending {
    try folder.nightjar(work(["--until-empty"] + flags))
  }

  func nightjar(_ command: String, _ arguments: [String] = []) throws -> Program.Ending {
    try folder.nightjar([command, Self.name] + arguments)
  }

  func status() throws -> Report {
    try nightjar("status", ["--json"]).report()
  }

  /// Waits until the provider has had so many requests.
  func wait(forRequests count: Int) throws {
    try folder.wait(for: "\(count) requests") { provider.requests.count >= count }
  }

  /// Checks that the queue holds one result for each of these jobs, each its own.
  func expectResults(
    _ numbers: some Sequence<Int>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let export = try nightjar("export", ["-o", "out.jsonl", "--ordered"])
    #expect(export.status == 0, "\(export.errors)", sourceLocation: sourceLocation)
    try folder.expectResults(numbers, sourceLocation: sourceLocation)
  }

  /// Requests beyond the first for a prompt.
  var resent: Int {
    let prompts = provider.requests.map(\.prompt_hash)
    return prompts.count - Set(prompts).count
  }
}
