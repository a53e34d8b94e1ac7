import JSON
import KeySources
import Runner
import Secrets
import Testing
import Transport

@Suite struct `A key in an answer` {
  private static let key = "sk-0123456789abcdef"

  private func hidden(_ json: String, _ key: String = Self.key) throws -> (String, Int) {
    let hidden = HiddenKey(Secret(copying: key.utf8.span), in: Array(json.utf8))
    _ = try JSONValue(parsing: hidden.json)
    return (String(decoding: hidden.json, as: UTF8.self), hidden.count)
  }

  @Test(arguments: [
    (#"{"a":"\#(key)"}"#, #"{"a":"<redacted>"}"#, 1),
    (#"["x \#(key).\#(key)","\#(key)"]"#, #"["x <redacted>.<redacted>","<redacted>"]"#, 3),
    (#"{"a":"line\n\#(key)\\"}"#, #"{"a":"line\n<redacted>\\"}"#, 1),
    (#"{"\#(key)" : 1}"#, #"{"\#(key)" : 1}"#, 0), (#"{"a":1}"#, #"{"a":1}"#, 0),
  ])
  func `is cut out of the provider's own words`(
    _ json: String,
    _ expected: String,
    _ count: Int
  ) throws {
    let (text, found) = try hidden(json)
    #expect(text == expected)
    #expect(found == count)
  }

  @Test func `is no number, and no part of an escape`() throws {
    #expect(try hidden(#"{"a":1712345678}"#, "123456").1 == 0)
    #expect(try hidden(#"{"a":"\nabcdef0123456789"}"#, "nabcdef0123456789").1 == 0)
  }

  @Test(arguments: [
    ("ollama", false), ("EMPTY", false), ("none", false), ("123456", false),
    ("sk-no-key-required", false), ("1234567890123456", false), ("aaaaaaaaaaaaaaaa1", false),
    ("slcgYNlQjKnnLBTVKojNGHttWnp-KXLxuWTRtTx_LCyWDffY", true),
    ("qzjvkxwpbmfhtgdyrnlcuosaeiqzjvkx", true), ("40917352864091735286409173528640", true),
    (key, true), ("made-up-key-1234567", true), ("Zm9vYmFyYmF6cXV4MTIz", true),
  ])
  func `is looked for where it is a secret`(_ value: String, _ isSecret: Bool) throws {
    let reference = KeyReference.environment(name: "KEY")
    let key = try Key(reference, value: Secret(copying: value.utf8.span))
    #expect(key.isSecret == isSecret)
  }

  @Test(arguments: [
    ("https://api.anthropic.com", key, true), ("http://127.0.0.1:1", key, false),
    ("https://api.anthropic.com", "0123456", false),
  ])
  func `is cut out and told, but never where it is a word or stays on this machine`(
    _ endpoint: String,
    _ key: String,
    _ isCut: Bool
  ) async throws {
    var batch = try TestBatch(0..<1)
    batch.keys = [TestKeySource(key)]
    batch.endpoints = [try Endpoint(endpoint)]
    let events = RecordedEvents()
    let text = "your key \(key) is 10123456"
    try await batch.execute(ScriptedClient { _, _ in .completed(text) }, events: events)
    let line = try batch.folder.read("out.jsonl")
    #expect(line.contains(key) == !isCut)
    #expect(line.contains(#""redacted":1"#) == isCut)
    #expect(line.contains(text) == !isCut)
    #expect(try JSONValue(parsing: Array(line.utf8))["custom_id"]?.string == "job-0")
  }
}
