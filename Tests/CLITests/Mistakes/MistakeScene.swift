import Foundation

/// Where a mistake is made: a home with `prompts.jsonl`, a key in `ANTHROPIC_API_KEY`, and a
/// provider, at which nobody answers until it is started.
final class MistakeScene {
  let folder: Scratch
  private(set) var provider: Provider?
  /// Variables of the environment that a mistake needs or lacks.
  var environment = ["ANTHROPIC_API_KEY": "made-up-key-0123456789"]

  /// What is piped in.
  var input: String?

  init() throws {
    folder = try Scratch()
    try folder.write("prompts.jsonl", prompts(0..<3))
  }

  /// Starts the provider, a simulator.
  func startProvider(_ arguments: [String] = []) throws {
    provider = try Provider(arguments, in: folder)
  }

  /// Writes `job.yaml`, which runs the prompts, with some more fields.
  func writeJob(_ fields: String) throws {
    let usual = "input: prompts.jsonl\noutput: results.jsonl\nprovider: anthropic\n"
    try folder.write("job.yaml", usual + "model: claude-opus-4-6\nmax_tokens: 64\n" + fields)
  }

  /// Where the provider is, or would be.
  var url: String { provider?.url ?? "http://127.0.0.1:9" }

  @discardableResult
  func nightjar(_ arguments: [String], input: String? = nil) throws -> Program.Ending {
    try folder.nightjar(
      arguments,
      environment: environment.merging(["NIGHTJAR_BASE_URL": url]) { $1 },
      input: input ?? self.input
    )
  }
}
