import Runner
import Testing

@Suite struct `The bound of a request` {
  private func bound(_ body: String, path: String = "/v1/messages") throws -> RequestBound {
    let body = Array(body.utf8)[...]
    return try RequestBound(
      of: ProviderRequest(path: path, body: body),
      shape: RequestShape(reading: body)
    )
  }

  @Test func `is a token for each byte, and the limit of the answer`() throws {
    let body = #"{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}"#
    let bound = try bound(body)
    #expect(bound.input >= body.utf8.count)
    #expect(bound.output == 100)
  }

  @Test(arguments: [
    (#"{"max_tokens":10,"n":3}"#, 30), (#"{"max_tokens":10,"n":null}"#, 10),
    (#"{"max_tokens":10,"prompt":["a","b"],"n":2}"#, 40),
    (#"{"max_tokens":10,"prompt":[1,2,3]}"#, 10), (#"{"max_tokens":10,"n":-5}"#, 10),
    (#"{"max_output_tokens":10,"prompt":"a"}"#, 10),
  ])
  func `counts every answer that is asked for`(_ body: String, _ output: Int) throws {
    #expect(try bound(body).output == output)
  }

  @Test func `of embeddings has no output`() throws {
    #expect(try bound(#"{"input":"a"}"#, path: "/v1/embeddings").output == 0)
  }

  @Test func `leaves room for images and tools`() throws {
    let image = #"{"type": "image","source":{"type":"url","url":"https://example.com/a.png"}}"#
    let one = try bound(#"{"max_tokens":1,"messages":[{"content":[\#(image)]}]}"#)
    let two = try bound(#"{"max_tokens":1,"messages":[{"content":[\#(image),\#(image)]}]}"#)
    #expect(one.input > 50_000)
    #expect(two.input > 100_000)
    let tools = try bound(#"{"max_tokens":1,"tools":[{"type":"function"}]}"#)
    #expect(tools.input > 1_000)
  }

  @Test func `takes what a prompt says for text`() throws {
    let prompt = #"write {\"type\":\"image\"} and {\"type\":\"document\"}"#
    let bound = try bound(#"{"max_tokens":1,"messages":[{"content":"\#(prompt)"}]}"#)
    #expect(bound.input < 200)
  }

  @Test(arguments: [
    #"{"messages":[]}"#,
    #"{"max_tokens":0}"#,
    #"{"max_tokens":9,"previous_response_id":"resp_1"}"#,
    #"{"max_tokens":9,"prompt":{"id":"pmpt_1"}}"#,
    #"{"max_tokens":9,"tools":[{"type":"web_search_20250305"}]}"#,
    #"{"max_tokens":9,"messages":[{"content":[{"type":"document"}]}]}"#,
    #"{"max_tokens":9,"messages":[{"content":[{"type" : "input_file"}]}]}"#,
  ])
  func `is refused where there is none`(_ body: String) {
    #expect(throws: RequestBound.Unbounded.self) { try bound(body) }
  }
}
