import Runner
import Testing

@Suite struct `Shape of a request` {
  private static func shape(_ body: String) -> RequestShape {
    RequestShape(reading: Array(body.utf8)[...])
  }

  @Test(
    arguments: [
      (
        #"{"model":"claude-opus-4-6","max_tokens":512,"messages":[{"role":"user","content":"hi"}]}"#,
        "claude-opus-4-6", 512
      ),
      (#"{"model":"gpt-5","max_completion_tokens":9,"messages":[]}"#, "gpt-5", 9),
      (#"{"model":"gpt-5","input":"p","max_output_tokens":7}"#, "gpt-5", 7),
      (#" { "max_tokens" : 1 , "model" : "m" } "#, "m", 1), (#"{"model":"m"}"#, "m", nil),
      (#"{"max_tokens":3}"#, "", 3), ("{}", "", nil),
      (#"{"model":"caf\u00e9 \"4\"","max_tokens":3}"#, "café \"4\"", 3),
      (#"{"mod\u0065l":"m","max_tok\u0065ns":3}"#, "m", 3),
      (#"{"model":null,"max_tokens":null}"#, "", nil), (#"{"model":5,"max_tokens":"3"}"#, "", nil),
      (#"{"model":"m","max_tokens":0}"#, "m", nil), (#"{"model":"m","max_tokens":-4}"#, "m", nil),
      (#"{"model":"m","max_tokens":1e400}"#, "m", nil),
      (#"{"model":"m","max_tokens":99999999999999999999}"#, "m", nil),
      (#"{"MODEL":"m","model_name":"m","max_tokens_":3}"#, "", nil),
    ] as [(String, String, Int?)]
  )
  func `has its model and its limit`(_ body: String, _ model: String, _ maxTokens: Int?) {
    let shape = Self.shape(body)
    #expect(shape.model == model)
    #expect(shape.maxTokens == maxTokens)
    #expect(shape.bytes == body.utf8.count)
  }

  @Test(
    arguments: [
      (#""flex""#, .flex), (#""priority""#, .priority), (#""fast""#, .priority),
      (#""auto""#, nil), (#""default""#, nil), ("null", nil), ("1", nil),
    ] as [(String, ServiceTier?)]
  )
  func `has the service tier that it asks for`(_ word: String, _ tier: ServiceTier?) {
    #expect(Self.shape(#"{"model":"m","service_tier":\#(word),"input":[]}"#).tier == tier)
  }

  @Test func `a name further inside is another's`() {
    let shape = Self.shape(
      #"{"metadata":{"model":"inner","max_tokens":1},"tools":[{"model":"tool"}],"#
        + #""messages":[{"content":"\"model\":\"quoted\""}]}"#
    )
    #expect(shape.model.isEmpty && shape.modelRange == nil && shape.maxTokens == nil)
  }

  @Test(arguments: ["", "[]", "\"model\"", "nonsense", "{\"model\":", "{", "null", "\u{0}"])
  func `of nonsense only the size is known`(_ body: String) {
    #expect(Self.shape(body) == RequestShape(bytes: body.utf8.count))
  }

  @Test func `knows where the model stands, in a slice as well`() throws {
    let body = #"{"max_tokens":9,"model": "gpt-\u0035" ,"messages":[]}"#
    let padded = Array("##\(body)##".utf8)
    for slice in [Array(body.utf8)[...], padded[2..<padded.count - 2]] {
      let shape = RequestShape(reading: slice)
      let range = try #require(shape.modelRange)
      let bytes = slice.dropFirst(range.lowerBound).prefix(range.count)
      #expect(String(decoding: bytes, as: UTF8.self) == #""gpt-\u0035""#)
      #expect(shape.model == "gpt-5" && shape.bytes == body.utf8.count)
    }
  }
}
