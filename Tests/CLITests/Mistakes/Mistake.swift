import Foundation
import Testing

/// A mistake that people make in their first week, and the exit status that it has to end with.
struct Mistake: CustomTestStringConvertible {
  /// A heading of the page, and the name of the test's case.
  let title: String
  /// What was done, in a sentence or two for the page.
  let story: String
  /// The command line that is wrong, without `nightjar`.
  let arguments: [String]
  let status: Int32
  /// Makes what the mistake needs besides what every ``MistakeScene`` has.
  let prepare: @Sendable (MistakeScene) throws -> Void

  var testDescription: String { title }

  init(
    _ title: String,
    _ story: String,
    _ arguments: [String],
    _ status: Int32,
    _ prepare: @escaping @Sendable (MistakeScene) throws -> Void = { _ in }
  ) {
    self.title = title
    self.story = story
    self.arguments = arguments
    self.status = status
    self.prepare = prepare
  }

  /// What a run needs besides its input and output; the page shows it as `…`.
  static let usual = usualButKey + ["--key", "env:ANTHROPIC_API_KEY"]
  static let usualButKey = [
    "--provider", "anthropic", "--model", "claude-opus-4-6", "--max-tokens", "256",
  ]

  /// A run with this key.
  static func run(key: String) -> [String] {
    ["run", "prompts.jsonl", "-o", "results.jsonl"] + usualButKey + ["--key", key]
  }

  /// A run of the input that every scene has; later flags beat earlier ones.
  static func run(_ flags: [String] = [], input: String = "prompts.jsonl") -> [String] {
    ["run", input, "-o", "results.jsonl"] + usual + flags
  }

  /// Makes the mistake.
  func made() throws -> MistakeRecord {
    let scene = try MistakeScene()
    try prepare(scene)
    let ending = try scene.nightjar(arguments)
    let said = ending.output + ending.errors
    return MistakeRecord(self, status: ending.status, said: said, in: scene)
  }
}
