import Foundation
import JSON
import Runner
import Testing

/// What job file, lines and flags say, and what of it leaves for each API.
@Suite struct `Parameters of a prompt` {
  /// An API, by its provider.
  private static let apis: [String: any Provider] = [
    "messages": Anthropic(), "chat": OpenAI(), "responses": OpenAI(api: .responses),
    "embeddings": OpenAI(api: .embeddings),
  ]

  private func settings(_ api: String, _ file: String, _ flags: [String] = []) throws
    -> PromptSettings
  {
    let places = try #require(Self.apis[api]).parameterPlaces
    let stated = try JobFile(reading: "params: \(file)", file: "j").params
    var overrides = Parameters()
    for flag in flags {
      let parts = flag.split(separator: "=", maxSplits: 1).map(String.init)
      let parameter = try Parameter(parts[0], json: parts[1])
      overrides = overrides.overridden(by: try Parameters([parameter], at: places))
    }
    let parameters = PromptParameters(
      at: places,
      defaults: try Parameters(stated, at: places),
      overrides: overrides
    )
    return PromptSettings(model: "m", maxTokens: 5, parameters: parameters)
  }

  /// What stands in the body behind what every prompt has.
  private func sent(
    _ api: String,
    _ file: String = "{}",
    line: String? = nil,
    flags: [String] = []
  ) throws -> String {
    let params = line.map { ",\"params\":\($0)" } ?? ""
    let line = Array("{\"id\":1,\"prompt\":\"p\"\(params)}".utf8)[...]
    let provider = try #require(Self.apis[api])
    let request = try provider.request(for: payload(of: line, settings(api, file, flags)))
    let body = String(decoding: request.body, as: UTF8.self)
    #expect((try? JSONValue(parsing: Array(request.body)))?.kind == .object, "\(body)")
    let mark = api == "embeddings" ? "\"input\":\"p\"" : "\"stream\":false"
    return String(body.components(separatedBy: mark).last?.dropLast() ?? "")
  }

  private static let schema = #"{"type":"object","properties":{"a":{"const":1.0}}}"#

  @Test(arguments: [
    ("messages", "temperature: 0.2", #","temperature":0.2"#),
    ("messages", "stop: END", #","stop_sequences":["END"]"#),
    ("messages", "stop: [A, B]", #","stop_sequences":["A","B"]"#),
    ("messages", "effort: low", #","output_config":{"effort":"low"}"#),
    ("messages", "service_tier: auto", #","service_tier":"auto""#),
    (
      "messages", "effort: low, schema: \(schema), output_config: {task_budget: 7}",
      #","output_config":{"effort":"low","format":{"type":"json_schema","schema":\#(schema)},"#
        + #""task_budget":7}"#
    ),
    (
      "messages", "output_config: {}, thinking: {type: adaptive}",
      #","thinking":{"type":"adaptive"}"#
    ),
    ("chat", "temperature: 1.0, top_p: 1", #","temperature":1.0,"top_p":1"#),
    ("chat", "stop: END", #","stop":"END""#),
    (
      "chat", "effort: none, service_tier: flex",
      #","reasoning_effort":"none","service_tier":"flex""#
    ),
    (
      "chat", "schema: \(schema)",
      #","response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"#
        + #""schema":\#(schema)}}"#
    ),
    (
      "responses", "effort: high, reasoning: {summary: auto}",
      #","reasoning":{"effort":"high","summary":"auto"}"#
    ),
    (
      "responses", "text: {verbosity: low}, schema: \(schema)",
      #","text":{"verbosity":"low","format":{"type":"json_schema","name":"answer","strict":true,"#
        + #""schema":\#(schema)}}"#
    ),
    ("embeddings", "dimensions: 256", #","dimensions":256"#),
    (
      "chat", "tools: [{type: function, function: {name: f}}], n: 2",
      #","tools":[{"type":"function","function":{"name":"f"}}],"n":2"#
    ),
  ])
  func `stand where the API takes them`(_ api: String, _ params: String, _ body: String) throws {
    #expect(try sent(api, "{\(params)}") == body)
  }

  @Test(
    arguments: [
      ("1.0", "1.0"), ("1000000000000000000000000000000", "1000000000000000000000000000000"),
      ("1e3", "1e3"), ("-0", "-0"), ("0.10", "0.10"), ("true", "true"), ("null", nil),
      (#""a  {, } \\""#, #""a  {, } \\""#),
      (#"{"b": [1,  2.50, {}], "c": null}"#, #"{"b":[1,2.50,{}],"c":null}"#),
    ] as [(String, String?)]
  )
  func `are sent as they are written, on one line`(_ json: String, _ value: String?) throws {
    let body = value.map { ",\"x\":\($0)" } ?? ""
    #expect(try sent("chat", line: "{\"x\": \(json)}") == body)
    #expect(try sent("chat", flags: ["x=\(json)"]) == body)
    #expect(try sent("chat", "{x: \(json)}") == body)
  }

  @Test func `of a line beat those of the job file, member by member, and flags beat both`() throws
  {
    let file = "{temperature: 0.2, effort: low, seed: 1, logit_bias: {\"1\": 1}}"
    let line = #"{"reasoning_effort":"high","seed":null,"logit_bias":{"2":2}}"#
    #expect(
      try sent("chat", file, line: line)
        == #","temperature":0.2,"reasoning_effort":"high","logit_bias":{"2":2}"#
    )
    #expect(
      try sent(
        "chat",
        file,
        line: line,
        flags: ["effort=\"max\"", "temperature=1", "temperature=0"]
      )
        == #","logit_bias":{"2":2},"reasoning_effort":"max","temperature":0"#
    )
    #expect(
      try sent("messages", "{effort: low}", line: #"{"output_config":{"x":1}}"#)
        == #","output_config":{"effort":"low","x":1}"#
    )
    #expect(try sent("messages", "{effort: low}", line: #"{"output_config":null}"#) == "")
    #expect(try sent("chat", "{seed: 1}", line: "null") == #","seed":1"#)
  }

  @Test func `a version of the API is a header of plain prompts alone`() throws {
    let settings = try settings("messages", "{anthropic_version: 2026-10-21}")
    func headers(_ line: String) throws -> [String] {
      let payload = try payload(of: Array(line.utf8)[...], settings)
      let request = try Anthropic().request(for: payload)
      return Anthropic().headers(with: request.header).map { "\($0.name): \($0.value)" }
    }
    let json = "content-type: application/json"
    #expect(try headers(#"{"id":1,"prompt":"p"}"#) == [json, "anthropic-version: 2026-10-21"])
    #expect(
      try headers(#"{"custom_id":"1","params":{}}"#) == [json, "anthropic-version: 2023-06-01"]
    )
    #expect(try sent("messages", "{anthropic_version: 2026-10-21}") == "")
  }

  @Test(arguments: [
    ("chat", #"[]"#, "params is not an object"), ("chat", #""x""#, "params is not an object"),
    ("chat", #"{"model":"x"}"#, "`model` is no parameter; it is `model` in the line"),
    (
      "chat", #"{"messages":[]}"#, "`messages` is no parameter; what is asked is made of the prompt"
    ),
    ("responses", #"{"input":""}"#, "`input` is no parameter"),
    ("messages", #"{"system":[]}"#, "`system` is no parameter; it is `system`"),
    ("chat", #"{"stream":true}"#, "`stream` is no parameter; answers are taken whole"),
    ("chat", #"{"max_completion_tokens":1}"#, "it is `max_tokens` in the line"),
    ("chat", #"{"api_key":"sk-1"}"#, "a key never stands among them"),
    ("chat", #"{"X-API-Key":"sk-1"}"#, "a key never stands among them"),
    ("chat", #"{"":1}"#, "a parameter has no name"),
    ("chat", #"{"seed":1,"seed":2}"#, "`seed` is stated twice; keep one"),
    (
      "chat", #"{"effort":"low","reasoning_effort":"low"}"#,
      "`effort` and `reasoning_effort` are the same; keep one"
    ),
    (
      "messages", #"{"effort":"low","output_config":{"effort":"low"}}"#,
      "`effort` and `output_config.effort` are the same; keep one"
    ),
    ("messages", #"{"output_config":5}"#, "`output_config` must be an object"),
    ("messages", #"{"schema":"a.json"}"#, "`schema` must be a JSON schema, an object"),
    (
      "messages", #"{"anthropic_version":"2026-10-21"}"#,
      "a version of the API is one for the whole"
    ),
    ("messages", #"{"anthropic_version":"new\r\nx: y"}"#, "`anthropic_version` must be a date"),
    ("chat", #"{"anthropic_version":"2026-10-21"}"#, "is nothing that openai takes"),
    ("responses", #"{"stop":"x"}"#, "`stop` is nothing that the responses API takes"),
    ("embeddings", #"{"effort":"low"}"#, "`effort` is nothing that the embeddings API takes"),
  ])
  func `that cannot be sent fail their line`(_ api: String, _ params: String, _ words: String) {
    let error = #expect(throws: InputLineError.self) { try sent(api, line: params) }
    #expect(error?.message.hasPrefix("params: ") == true && error?.message.contains(words) == true)
  }

  @Test(
    arguments: [
      ("0.5", "0.5"), ("high", "\"high\""), ("none", "\"none\""), ("2026-10-21", "\"2026-10-21\""),
      ("a b", "\"a b\""), ("\"5\"", "\"5\""), ("[1]", "[1]"), ("", nil), (".5", nil), ("0,5", nil),
      ("1_000", nil), ("+1", nil), ("010", nil), ("True", nil), ("None", nil), ("NULL", nil),
      ("no", nil), ("nan", nil), ("{a: 1}", nil), ("['a']", nil), ("'a'", nil), ("\"a", nil),
    ] as [(String, String?)]
  )
  func `a bare text is JSON, or a string where nothing else can be meant`(
    _ text: String,
    _ json: String?
  ) {
    #expect(Parameter.json(of: text) == json)
  }

  @Test func `in a job file may be written in any way that YAML has`() throws {
    let file = """

        a: &shared {x: [1.50, "5", yes it is], "y": ~}
        b: *shared
        c: "true"
        d: True
        e: |
          two
          lines
        f: !!str 7
      """
    let object = #"{"x":[1.50,"5","yes it is"],"y":null}"#
    #expect(
      try sent("chat", file)
        == #","a":\#(object),"b":\#(object),"c":"true","d":true,"e":"two\nlines\n","f":"7""#
    )
  }

  @Test func `that aliases blow up are refused`() {
    let levels = (1..<30).map { "  a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]" }
    let text = "params:\n  a0: &a0 [x, x, x]\n" + levels.joined(separator: "\n")
    let error = #expect(throws: JobFileError.self) { try JobFile(reading: text, file: "j") }
    #expect(error?.message.contains("more than 1 MiB") == true)
  }

  @Test(.timeLimit(.minutes(1))) func `may be many`() throws {
    let many = (0..<20_000).map { "\"a\($0)\":\($0)" }.joined(separator: ",")
    #expect(try sent("chat", "{a7: 1, b: 2}", line: "{\(many)}") == ",\"b\":2,\(many)")
  }

  @Test func `are what a batch remembers, a line's own apart`() throws {
    let remembered = try settings(
      "messages",
      "{temperature: 0.2, effort: low, anthropic_version: 2026-10-21}",
      ["temperature=1.0"]
    ).parameters.settings.map { "\($0.name)=\($0.json)" }
    #expect(
      remembered == [
        "params.anthropic-version=\"2026-10-21\"", "params.output_config.effort=\"low\"",
        "--param temperature=1.0",
      ]
    )
  }
}
