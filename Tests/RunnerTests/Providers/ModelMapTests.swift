import Runner
import TestSupport
import Testing

@Suite struct `An account's models` {
  private func mapped(_ body: String, _ map: ModelMap) -> String {
    String(decoding: mapped(Array(body.utf8)[...], map), as: UTF8.self)
  }

  private func mapped(_ body: ArraySlice<UInt8>, _ map: ModelMap) -> ArraySlice<UInt8> {
    let request = ProviderRequest(path: "/v1/messages", body: body)
    return map.request(request, RequestShape(of: request)).body
  }

  @Test(arguments: [
    ("{\"model\":\"a\",\"x\":1}", "{\"model\":\"there\",\"x\":1}"),
    (
      "{\"x\":{\"model\":\"a\"}, \"model\" : \"a\" }",
      "{\"x\":{\"model\":\"a\"}, \"model\" : \"there\" }"
    ),
    ("{\"model\":\"\\u0061\",\"é\":\"ü\"}", "{\"model\":\"there\",\"é\":\"ü\"}"),
    ("{\"model\":\"b\"}", "{\"model\":\"b\"}"), ("{\"x\":1}", "{\"x\":1}"), ("no JSON", "no JSON"),
  ])
  func `the name is replaced and nothing else`(_ body: String, _ expected: String) {
    #expect(mapped(body, ModelMap(["a": "there"])) == expected)
  }

  @Test func `the body may be a part of a longer text`() {
    let text = Array("{\"body\":{\"model\":\"a\",\"n\":1}}".utf8)
    let body = text[8..<text.count - 1]
    let sent = mapped(body, ModelMap(["a": "there\"\n"]))
    #expect(String(decoding: sent, as: UTF8.self) == "{\"model\":\"there\\\"\\n\",\"n\":1}")
  }

  @Test func `a name in the path is replaced there`() {
    let body = Array(#"{"contents":[]}"#.utf8)[...]
    let request = ProviderRequest(path: "/v1beta/models/", model: "a", ":go", body: body)
    let shape = RequestShape(of: request)
    #expect(shape.model == "a" && request.path == "/v1beta/models/a:go")
    let mapped = ModelMap(["a": "their/é"]).request(request, shape)
    #expect(mapped.path == "/v1beta/models/their%2F%C3%A9:go" && mapped.body == body)
    #expect(ModelMap().request(request, shape) == request)
  }

  @Test func `serves exactly those that it names`() {
    let map = ModelMap(["a": "a", "b": "there"])
    #expect(map.name(for: "a") == "a")
    #expect(map.name(for: "b") == "there")
    #expect(map.name(for: "c") == nil)
    #expect(!map.serves("c") && !map.serves("there"))
    #expect(map.serves(""))
  }

  @Test func `serves the others too where they are named`() {
    let own = ModelMap(["a": "there", "*": "*"])
    #expect(own.name(for: "a") == "there" && own.name(for: "c") == "c")
    let one = ModelMap(["*": "deployment"])
    #expect(one.name(for: "a") == "deployment")
    #expect(ModelMap().name(for: "a") == "a")
  }
}

@Suite struct `The beginning of a prompt` {
  private func hash(_ body: String) -> UInt64 {
    let bytes = Array(body.utf8)[...]
    return PromptPrefix.hash(of: bytes, model: RequestShape(reading: bytes).modelRange)
  }

  private let long = String(repeating: "You are a careful archivist. ", count: 100)

  @Test func `is the same for every model and whatever comes late`() {
    let first = hash("{\"model\":\"a\",\"system\":\"\(long)\",\"prompt\":\"one\"}")
    #expect(first == hash("{\"model\":\"bcd\",\"system\":\"\(long)\",\"prompt\":\"two\"}"))
    #expect(first != hash("{\"model\":\"a\",\"system\":\"X\(long)\",\"prompt\":\"one\"}"))
  }

  @Test func `is taken from the start where the model comes late or never`() {
    #expect(
      hash("{\"system\":\"\(long)\",\"model\":\"a\"}")
        == hash("{\"system\":\"\(long)\",\"model\":\"b\",\"x\":1}")
    )
    #expect(hash("{\"a\":1}") != hash("{\"a\":2}"))
  }

  @Test func `draws to every member of a group alike`() {
    for count in 2...9 {
      var drawn = Array(repeating: 0, count: count)
      for number in 0..<9_000 {
        let prefix = hash("{\"model\":\"m\",\"prompt\":\"\(number)\"}")
        let scores = (0..<count).map { PromptPrefix.affinity(of: prefix, to: $0) }
        drawn[scores.indices.max { scores[$0] < scores[$1] } ?? 0] += 1
      }
      let fair = 9_000 / Double(count)
      #expect(drawn.allSatisfy { abs(Double($0) - fair) < 0.15 * fair })
    }
  }
}

@Suite struct `Regions` {
  @Test func `data goes nowhere else`() throws {
    let names = [nil, "eu", "us", "EU", "eu ", ""]
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<1_000 {
      let listed = (0..<2).compactMap { _ in names.randomElement(using: &generator) ?? nil }
      let region = names.randomElement(using: &generator) ?? nil
      let endpoint = try Endpoint("https://example.com", region: region)
      #expect(AllowedRegions(listed).allows(endpoint) == listed.contains { $0 == region })
      #expect(AllowedRegions.all.allows(endpoint))
    }
  }
}
