import Foundation
import Testing

/// A home in which what the documents show can be done, at a provider that runs here.
final class ExampleHome {
  private let folder: Scratch
  private let provider: Provider
  private let environment: [String: String]
  private var count = 0
  /// The value of the key 'anthropic'.
  private var key = "made-up-key-0"

  /// What is there before the first example.
  enum State {
    case new
    /// A keystore with the key.
    case withKey
    /// A queue and a finished batch as well.
    case used
  }

  init(_ state: State) throws {
    folder = try Scratch()
    provider = try Provider(["--fail-prompt", "Refuse"], in: folder)
    environment = [
      "PATH": folder.path(of: "bin") + ":/usr/bin:/bin", "NIGHTJAR_BASE_URL": provider.url,
      "ANTHROPIC_API_KEY": "made-up",
    ]
    try writeInputs()
    try writePrograms()
    if state != .new { try addKey() }
    if state == .used { try use() }
  }

  private func writeInputs() throws {
    let ids = ["letter-17", "letter-18"] + (0..<5).map(String.init)
    let lines = ids.map { #"{"id":"\#($0)","prompt":"What is \#($0)?"}"# + "\n" }.joined()
    for name in ["prompts", "letters", "questions"] { try folder.write(name + ".jsonl", lines) }
    try folder.write("urgent.jsonl", #"{"id":"urgent","prompt":"Now?"}"#)
    let settings = "provider: anthropic\nmodel: claude-opus-4-6\nmax_tokens: 64\n"
    try folder.write(
      "jobs.yaml",
      "input: prompts.jsonl\noutput: summaries.jsonl\nkey: keystore:anthropic\n" + settings
    )
    try folder.write("keys.env", "spare=made-up-spare\n")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600],
      ofItemAtPath: folder.path(of: "keys.env")
    )
  }

  /// Programs of others, which give what these give.
  private func writePrograms() throws {
    let programs = [
      "pass": "echo made-up-$2", "sops": #"echo '{"spare":"made-up-spare"}'"#, "jq": "cat",
      "age": #"echo '{"old":"made-up-old"}'"#, "issue-new-key": "echo made-up-key-issued",
      "generate-prompts": #"echo '{"id":"new","prompt":"More?"}'"#,
      "nightjar": "exec '\(Program.path)' \"$@\"",
    ]
    for (name, script) in programs {
      try folder.write("bin/" + name, "#!/bin/sh\n\(script)\n")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755],
        ofItemAtPath: folder.path(of: "bin/" + name)
      )
    }
  }

  private func addKey() throws {
    try expectSuccess("nightjar keys init")
    try expectSuccess("nightjar keys add anthropic --provider anthropic")
  }

  private func use() throws {
    let run = Mistake.usual.map { $0 == "256" ? "512" : $0 }
    try expectSuccess("nightjar keys rotate anthropic")
    try expectSuccess("nightjar enqueue prompts.jsonl --queue night.queue")
    try expectSuccess("nightjar run prompts.jsonl -o results.jsonl \(run.joined(separator: " "))")
  }

  /// Copies the files of a folder of the repository, which its page is about.
  func copy(_ source: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: source) {
      try? FileManager.default.copyItem(
        atPath: source + "/" + name,
        toPath: folder.path(of: name)
      )
    }
  }

  /// Does what an example shows; a worker ends with its queue, and a simulator soon.
  func expectSuccess(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let command = adapted(line)
    let program = try Program(
      ["-c", command],
      in: folder,
      executable: "/bin/sh",
      environment: environment,
      input: typed(for: command)
    )
    let ending = program.ending()
    #expect(
      ending.status == 0,
      "\(command)\n\(ending.output)\(ending.errors)",
      sourceLocation: sourceLocation
    )
  }

  private func adapted(_ line: String) -> String {
    var line = line.replacing(/http:\/\/127.0.0.1:(8089|8000\/v1)/, with: provider.url)
    if line.contains("nightjar work"), !line.contains("--until-empty") { line += " --until-empty" }
    if line.contains("nightjar simulate") {
      line = line.replacing("--port 8089", with: "--port 0").replacing(" &", with: "") + " --for 1"
    }
    line.replace("--probe", with: "--probe --base-url \(provider.url)")
    line.replace("--passphrase", with: "--passphrase --passphrase-fd 0")
    return line
  }

  /// What a person would type: the same key where one is added, another where one is rotated.
  private func typed(for command: String) -> String {
    if command.contains("--passphrase") { return "correct horse battery" }
    if command.contains("keys rotate") {
      count += 1
      key = "made-up-key-\(count)"
    }
    return key
  }
}
