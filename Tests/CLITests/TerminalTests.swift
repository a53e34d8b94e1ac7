import Foundation
import TestSupport
import Testing

/// What is asked, and said, where a person sits.
struct TerminalTests {
  /// Runs a command in a terminal of its own, and answers its question.
  private static let script = """
    import os, pty, signal, subprocess, sys
    answer, *command = sys.argv[1:]
    signal.alarm(120)
    terminal, child = pty.openpty()
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child,
                               start_new_session=True)
    os.close(child)
    shown = b""
    while b"[y/N] " not in shown: shown += os.read(terminal, 4096)
    os.write(terminal, answer.encode() + b"\\n")
    try:
        while data := os.read(terminal, 4096): shown += data
    except OSError: pass
    print(shown.decode())
    sys.exit(process.wait())
    """

  private let folder: Scratch

  init() throws { folder = try Scratch() }

  private func run(_ command: [String], answering answer: String) throws -> Program.Ending {
    let python = try #require(Tool.find("python3"))
    let arguments = ["-c", Self.script, answer, Program.path] + command
    return try Program(arguments, in: folder, executable: python).ending(within: 180)
  }

  @Test func `a key is removed only after a yes`() throws {
    #expect(try folder.nightjar(["keys", "init"]).status == 0)
    let add = try folder.nightjar(
      ["keys", "add", "main", "--stdin"],
      input: "sk-made-up-0123456789"
    )
    #expect(add.status == 0, "\(add.errors)")
    let keys = { try folder.nightjar(["keys", "list", "--json"]).output }
    for answer in ["", "no"] {
      let ending = try run(["keys", "remove", "main"], answering: answer)
      #expect(try keys().contains(#""id" : "main""#), "\(ending.output)")
    }
    let ending = try run(["keys", "remove", "main"], answering: "y")
    #expect(ending.status == 0, "\(ending.output)")
    #expect(try !keys().contains(#""id" : "main""#))
  }

  @Test func `results are dropped to be done again only after a yes`() throws {
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<5))
    let place = ["run", "in.jsonl", "-o", "out.jsonl"]
    let flags = provider.flags().filter { $0 != "--json" }
    #expect(try folder.nightjar(place + flags).status == 0)
    let before = folder.read("out.jsonl")
    let changed = place + flags + ["--max-tokens", "65", "--rerun-changed"]
    let refused = try run(changed, answering: "n")
    #expect(refused.status == 65, "\(refused.output)")
    #expect(refused.output.contains("forget 5 results"), "\(refused.output)")
    #expect(folder.read("out.jsonl") == before)
    let ending = try run(changed, answering: "yes")
    #expect(ending.status == 0, "\(ending.output)")
    #expect(folder.lines("out.jsonl").count == 5 && folder.read("out.jsonl") != before)
  }

  /// Runs a command in a terminal of its own until it shows some words.
  private static let watching = """
    import os, pty, signal, subprocess, sys
    words, *command = sys.argv[1:]
    signal.alarm(120)
    terminal, child = pty.openpty()
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child,
                               start_new_session=True)
    os.close(child)
    shown = b""
    while words.encode() not in shown: shown += os.read(terminal, 4096)
    process.kill()
    sys.exit(-process.wait())
    """

  @Test func `a server that takes requests and says nothing is named`() throws {
    let server = try RawServer { connection in while connection.readRequest() != nil {} }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<2))
    let run = [
      "run", "in.jsonl", "-o", "out.jsonl", "--provider", "openai", "--model", "m", "--max-tokens",
      "5", "--key", "none", "--base-url", "http://127.0.0.1:\(server.port)",
    ]
    let words = "no answer from 127.0.0.1"
    let ending = try Program(
      ["-c", Self.watching, words, Program.path] + run,
      in: folder,
      executable: try #require(Tool.find("python3"))
    ).ending(within: 180)
    #expect(ending.status == SIGKILL, "\(ending.errors)")
  }

  @Test func `a server that is not there is named at once, in lines that begin with their time`()
    throws
  {
    try folder.write("in.jsonl", prompts(0..<3))
    let server = try RawServer { _ in }
    let port = server.port
    server.stop()
    let ending = try folder.nightjar([
      "run", "in.jsonl", "-o", "out.jsonl", "--provider", "openai", "--model", "m", "--max-tokens",
      "5", "--key", "none", "--base-url", "http://127.0.0.1:\(port)", "--give-up-after", "2",
    ])
    #expect(ending.status == 69, "\(ending.errors)")
    let lines = ending.errors.split(separator: "\n")
    let named = lines.first { $0.contains("connection refused by 127.0.0.1:\(port)") }
    #expect(named?.prefixMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /#) != nil, "\(ending.errors)")
  }
}
