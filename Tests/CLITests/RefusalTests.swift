import Foundation
import TestSupport
import Testing

/// A command that cannot work.
struct Refusal: CustomTestStringConvertible {
  let testDescription: String
  let arguments: [String]
  let status: Int32
  /// What the message has to name: the place or the thing, and what to do next.
  let words: [String]

  init(_ name: String, _ arguments: [String], _ status: Int32, _ words: [String]) {
    testDescription = name
    self.arguments = arguments
    self.status = status
    self.words = words
  }

  /// A run of a good input; later flags beat earlier ones, and an output takes the place of another.
  static func run(
    _ name: String,
    _ flags: [String],
    _ status: Int32,
    _ words: [String]
  ) -> Refusal {
    let good = [
      "run", "in.jsonl", "--base-url", "http://127.0.0.1:9", "--provider", "anthropic", "--model",
      "any", "--max-tokens", "9",
    ]
    let output = flags.contains("-o") ? [] : ["-o", "out.jsonl"]
    return Refusal(name, good + output + flags, status, words)
  }

  static let all = [
    Refusal("a missing input", ["run", "gone.jsonl"] + rest, 66, ["gone.jsonl", "no such file"]),
    Refusal("a missing job file", ["run", "gone.yaml"], 66, ["gone.yaml", "check"]),
    Refusal("an empty input", ["run", "empty.jsonl"] + rest, 66, ["no jobs", "check"]),
    Refusal("an empty folder", ["run", "nothing"] + rest, 66, ["no jobs", "check"]),
    Refusal("no output", ["run", "in.jsonl", "--provider", "openai"], 64, ["-o "]),
    Refusal("no provider", ["run", "in.jsonl", "-o", "out.jsonl"], 64, ["--provider"]),
    .run("a missing variable", ["--key", "env:NOWHERE"], 77, ["NOWHERE", "keys add"]),
    .run("a missing key file", ["--key", "file:gone.key"], 77, ["gone.key"]),
    .run("a missing keystore", ["--key", "keystore:a"], 77, ["keystore.age", "keys init"]),
    .run("a key as a flag", ["--api-key", "sk-canary"], 64, ["--key keystore:ID", "env:NAME"]),
    .run("a key for a reference", ["--key", "sk-canary"], 64, ["env:NAME", "keys add"]),
    .run(
      "http afar",
      ["--base-url", "http://example.org"],
      64,
      ["http://example.org", "https://", "--allow-http example.org"]
    ),
    .run(
      "an unknown provider",
      ["--provider", "anthopic"],
      64,
      ["anthopic", "anthropic or openai"]
    ),
    .run(
      "the address of a call as a base URL",
      ["--base-url", "http://127.0.0.1:9/v1/chat/completions"],
      64,
      ["--base-url", "/chat/completions", "leave that out"]
    ),
    Refusal(
      "no model",
      ["run", "in.jsonl"] + rest.dropLast(4) + ["--key", "env:REHEARSAL"],
      64,
      ["--model"]
    ),
    Refusal(
      "no limit where one is needed",
      ["run", "in.jsonl"] + rest + ["--provider", "anthropic"],
      64,
      ["--max-tokens", "anthropic"]
    ),
    .run("a missing folder", ["-o", "gone/out.jsonl"], 73, ["gone/out.jsonl", "choose"]),
    .run("a folder for output", ["-o", "nothing"], 73, ["nothing"]),
    .run("a results file of somebody else", ["-o", "in.jsonl"], 73, ["in.jsonl", "choose"]),
    .run("a concurrency of none", ["--concurrency", "0"], 64, ["--concurrency", "from 1"]),
    .run("a time that is none", ["--timeout", "-1"], 64, ["timeout"]),
    .run("an unknown log level", ["--log-level", "loud"], 64, ["--log-level", "trace"]),
    .run(
      "a missing CA file",
      ["--ca-file", "gone.pem", "--key", "env:REHEARSAL"],
      78,
      ["gone.pem", "next: check its name"]
    ),
    Refusal("the status of nothing", ["status", "gone.jsonl"], 66, ["gone.jsonl", "next: "]),
    Refusal("the export of nothing", ["export", "gone.jsonl", "-o", "a"], 66, ["gone.jsonl"]),
  ]
  private static let rest = [
    "-o", "out.jsonl", "--base-url", "http://127.0.0.1:9", "--provider", "openai", "--model", "any",
    "--key", "env:REHEARSAL",
  ]
}

struct RefusalTests {
  @Test(arguments: Refusal.all)
  func `what cannot work is refused with its place and the next step`(refusal: Refusal) throws {
    let folder = try Scratch()
    try folder.write("in.jsonl", prompts(0..<1))
    try folder.write("empty.jsonl", "")
    try FileManager.default.createDirectory(
      atPath: folder.path(of: "nothing"),
      withIntermediateDirectories: false
    )
    let ending = try folder.nightjar(
      refusal.arguments,
      environment: ["ANTHROPIC_API_KEY": "made-up"]
    )
    #expect(ending.status == refusal.status, "\(ending.errors)")
    for word in refusal.words { #expect(ending.errors.contains(word), "\(ending.errors)") }
    #expect(!ending.errors.contains("sk-canary"))
    #expect(folder.read("in.jsonl") == prompts(0..<1))
  }

  @Test func `a key that the keystore does not hold is named`() throws {
    let folder = try Scratch()
    try folder.write("in.jsonl", prompts(0..<1))
    #expect(try folder.nightjar(["keys", "init"]).status == 0)
    let refusal = Refusal.run("", ["--key", "keystore:absent"], 77, [])
    let ending = try folder.nightjar(refusal.arguments)
    #expect(ending.status == 77)
    #expect(ending.errors.contains("no key 'absent'"), "\(ending.errors)")
    #expect(ending.errors.contains("keys add absent"), "\(ending.errors)")
  }

  @Test func `an output that belongs to another input is refused`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<2))
    try folder.write("other.jsonl", prompts(0..<3))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run).status == 0)
    let other = ["run", "other.jsonl", "-o", "out.jsonl"] + provider.flags()
    let ending = try folder.nightjar(other)
    #expect(ending.status == 65)
    #expect(ending.errors.contains("in.jsonl"), "\(ending.errors)")
    #expect(ending.errors.contains("choose another output"), "\(ending.errors)")
    try folder.expectResults(0..<2)
  }

  @Test func `a second process on the same batch is refused and the first goes on`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "300ms"], in: folder)
    try folder.write("in.jsonl", prompts(0..<8))
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "4"] + provider.flags()
    let first = try Program(run, in: folder)
    try folder.wait(for: "the first request") { !provider.requests.isEmpty }
    let second = try folder.nightjar(run)
    #expect(second.status == 75)
    #expect(second.errors.contains("out.jsonl.nightjar"), "\(second.errors)")
    #expect(second.errors.contains("nightjar status"), "\(second.errors)")
    #expect(first.ending().status == 0)
    try folder.expectResults(0..<8)
    #expect(provider.requests.count == 8)
  }

  @Test func `a folder that may not be written is refused`() throws {
    let folder = try Scratch()
    try folder.write("in.jsonl", prompts(0..<1))
    // A read-only folder stops everybody but root, whom this one stops too.
    let output = getuid() == 0 ? "/proc/out.jsonl" : "locked/out.jsonl"
    try FileManager.default.createDirectory(
      atPath: folder.path(of: "locked"),
      withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o500]
    )
    let refusal = Refusal.run("", ["-o", output, "--key", "env:REHEARSAL"], 73, [])
    let ending = try folder.nightjar(refusal.arguments)
    #expect(ending.status == 73)
    #expect(ending.errors.contains(output), "\(ending.errors)")
    #expect(ending.errors.contains("choose an output"), "\(ending.errors)")
  }
}
