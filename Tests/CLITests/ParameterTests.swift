import Foundation
import TestSupport
import Testing

/// The provider's own parameters, from where they are stated to the wire.
@Suite struct ParameterTests {
  private let folder: Scratch
  private let server: RawServer

  private static let answers = [
    (
      path: "/v1/messages",
      body: #"{"type":"message","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn"}"#
    ),
    (
      path: "/v1/chat/completions",
      body: #"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#
    ),
    (
      path: "/v1/responses",
      body: #"{"status":"completed","output":[{"content":[{"type":"output_text","text":"Hi"}]}]}"#
    ),
  ]

  init() throws {
    folder = try Scratch()
    server = try RawServer { connection in
      while let request = connection.readRequest() {
        let body = Self.answers.first { request.hasPrefix("POST \($0.path) ") }?.body ?? "{}"
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      }
    }
    try folder.write("documents/a.txt", "A letter.")
    try folder.write("in.jsonl", #"{"id":"a","prompt":"A letter."}"# + "\n")
    try folder.write("schema.json", "{\n  \"type\": \"object\"\n}\n")
  }

  private func run(_ provider: String, _ file: String, _ flags: [String] = []) throws
    -> Program.Ending
  {
    defer { server.stop() }
    return try again(provider, file, flags)
  }

  private func again(_ provider: String, _ file: String, _ flags: [String] = []) throws
    -> Program.Ending
  {
    let usual = "output: out.jsonl\nprovider: \(provider)\nmodel: m\nmax_tokens: 9\nkey: none\n"
    try folder.write("job.yaml", usual + file)
    return try folder.nightjar(["run", "job.yaml", "--base-url", server.url] + flags)
  }

  @Test(arguments: ["anthropic", "openai"], ["documents", "in.jsonl"])
  func `leave with every plain prompt, as they are written`(provider: String, input: String) throws
  {
    let file = """
      input: \(input)
      schema: schema.json
      params:
        temperature: 1.0
        effort: low
        seed: 1000000000000000000000000000000
      """
    let ending = try run(provider, file, ["--param", "effort=high", "--param", "stop=[\"END\"]"])
    #expect(ending.status == 0, "\(ending.errors)")
    let request = try #require(server.requests.first)
    let ends = [
      "anthropic": """
      "content":"A letter."}],"stream":false,"temperature":1.0,"seed":\
      1000000000000000000000000000000,"output_config":{"format":{"type":"json_schema","schema":\
      {"type":"object"}},"effort":"high"},"stop_sequences":["END"]}
      """,
      "openai": """
      "content":"A letter."}],"stream":false,"temperature":1.0,"seed":\
      1000000000000000000000000000000,"response_format":{"type":"json_schema","json_schema":\
      {"name":"answer","strict":true,"schema":{"type":"object"}}},"reasoning_effort":"high",\
      "stop":["END"]}
      """,
    ]
    #expect(request.hasSuffix(try #require(ends[provider])), "\(request)")
  }

  @Test func `leave batch lines as they are, which is said`() throws {
    let line = #"{"custom_id":"a","params":{"model":"m", "max_tokens":1,"messages":[]}}"#
    try folder.write("in.jsonl", line + "\n")
    let file = "input: in.jsonl\nparams: {temperature: 1, anthropic_version: 2026-10-21}\n"
    let ending = try run("anthropic", file)
    #expect(ending.status == 0, "\(ending.errors)")
    let request = try #require(server.requests.first)
    #expect(request.hasSuffix(#"{"model":"m", "max_tokens":1,"messages":[]}"#), "\(request)")
    #expect(request.contains("anthropic-version: 2023-06-01"), "\(request)")
    #expect(ending.errors.contains("in.jsonl begins with a batch line"), "\(ending.errors)")
  }

  @Test func `a version of the API leaves as its header`() throws {
    let ending = try run(
      "anthropic",
      "input: in.jsonl\n",
      ["--param", "anthropic_version=2026-10-21"]
    )
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(server.requests.first?.contains("anthropic-version: 2026-10-21\r\n") == true)
  }

  @Test func `that changed are noticed, as any setting is`() throws {
    defer { server.stop() }
    let file = "input: in.jsonl\nparams:\n"
    #expect(try again("openai", file + "  temperature: 1.0\n").status == 0)
    let changed =
      file + "  temperature: 0.5\n  tools: [{type: function, function: {name: look_it_up}}]\n"
    let refused = try again("openai", changed)
    #expect(refused.status == 65, "\(refused.errors)")
    #expect(
      refused.errors.contains(
        "the params.temperature was 1.0 and is now 0.5; the params.tools was not set and is now set"
      ),
      "\(refused.errors)"
    )
    #expect(server.requests.count == 1)
    #expect(try again("openai", changed, ["--rerun-changed", "--yes"]).status == 0)
    #expect(server.requests.count == 2)
    #expect(try again("openai", changed).status == 0)
    #expect(server.requests.count == 2)
    #expect(try again("openai", changed, ["--param", "seed=1"]).status == 65)
  }

  @Test func `of a line wait in a queue for a worker, whose flags beat them`() throws {
    defer { server.stop() }
    let line = #"{"id":"a","prompt":"A letter.","params":{"effort":"low","top_p":0.50}}"#
    try folder.write("in.jsonl", line + "\n")
    #expect(try folder.nightjar(["enqueue", "in.jsonl", "--queue", "q"]).status == 0)
    let ending = try folder.nightjar([
      "work", "--queue", "q", "--until-empty", "--provider", "openai", "--api", "responses",
      "--model", "m", "--key", "none", "--base-url", server.url, "--param", "top_p=0.90",
    ])
    #expect(ending.status == 0, "\(ending.errors)")
    let end =
      #"{"model":"m","input":"A letter.","stream":false,"reasoning":{"effort":"low"},"top_p":0.90}"#
    #expect(server.requests.first?.hasSuffix(end) == true, "\(server.requests)")
  }

  @Test func `are counted by an estimate`() throws {
    defer { server.stop() }
    func tokens(_ flags: [String]) throws -> Int {
      let flags = ["--provider", "openai", "--model", "m", "--max-tokens", "10", "--json"] + flags
      let ending = try folder.nightjar(["estimate", "in.jsonl"] + flags)
      #expect(ending.status == 0, "\(ending.errors)")
      let numbers = ending.output.firstMatch(of: /"input_tokens":(\d+),"output_tokens":(\d+)/)
      return try #require((numbers?.1).flatMap { Int($0) })
        + 1_000_000 * #require((numbers?.2).flatMap { Int($0) })
    }
    let usual = try tokens([])
    let many = try tokens([
      "--param", "n=4", "--param", "user=\(String(repeating: "x", count: 400))",
    ])
    #expect(many - usual >= 15_000_100 && many - usual < 15_000_110)
  }
}
