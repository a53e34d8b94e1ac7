import Foundation
import Simulator
import Testing

struct RehearsalTests {
  @Test(arguments: [
    ("", UInt64(0xcbf2_9ce4_8422_2325)), ("a", 0xaf63_dc4c_8601_ec8c),
    ("foobar", 0x8594_4171_f739_67e8),
  ])
  func `the hash is 64-bit FNV-1a`(text: String, hash: UInt64) {
    #expect(fnv1a(text.utf8) == hash)
  }

  @Test(arguments: [API.messages, .chatCompletions, .responses])
  func `an answer names its prompt's hash and first words`(api: API) {
    var provider = makeProvider()
    let answer = provider.answer(api.request("foobar is the prompt of this little test, you see"))
    let hash = String(fnv1a("foobar is the prompt of this little test, you see".utf8), radix: 16)
    #expect(answer.status == 200)
    #expect(answer.body.contains(" \(hash) for: foobar is the prompt of this little test,."))
  }

  @Test func `only the last user message decides the answer`() throws {
    let plain = API.messages.body("Hello")
    let rich = """
      {"model":"other","max_tokens":1000,"system":"Be brief.","messages":[\
      {"role":"user","content":"Before"},{"role":"assistant","content":"So"},\
      {"role":"user","content":[{"type":"text","text":"Hello"}]}]}
      """
    let answers = try [plain, rich].map { body in
      var provider = makeProvider()
      let answer = provider.answer(API.messages.request(body: body))
      return try JSONDecoder().decode(AnthropicMessage.self, from: Data(answer.body.utf8))
    }
    #expect(answers[0].content == answers[1].content)
    #expect(answers[0].usage == answers[1].usage)
  }

  @Test func `output tokens stay within the bounds and differ from prompt to prompt`() throws {
    var provider = makeProvider { $0.outputTokens = 10...12 }
    let counts = try (0..<50).map { number in
      let answer = provider.answer(API.messages.request("Prompt \(number)"))
      let message = try JSONDecoder().decode(AnthropicMessage.self, from: Data(answer.body.utf8))
      return message.usage.output_tokens
    }
    #expect(Set(counts) == [10, 11, 12])
  }

  @Test func `an embedding is a unit vector of its own for each input`() throws {
    var provider = makeProvider()
    let body = #"{"model":"m","input":["one","two","one"],"dimensions":16}"#
    let answer = provider.answer(API.embeddings.request(body: body))
    let list = try JSONDecoder().decode(EmbeddingList.self, from: Data(answer.body.utf8))
    #expect(list.data.map(\.index) == [0, 1, 2])
    #expect(list.data[0].embedding == list.data[2].embedding)
    #expect(list.data[0].embedding != list.data[1].embedding)
    for item in list.data {
      #expect(item.embedding.count == 16)
      #expect(abs(item.embedding.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
  }

  @Test func `any text survives the way into the answer`() throws {
    var provider = makeProvider()
    let answer = provider.answer(
      API.messages.request(body: API.messages.body(#"\"q\" \\ \u0001 é😀"#))
    )
    let message = try JSONDecoder().decode(AnthropicMessage.self, from: Data(answer.body.utf8))
    #expect(message.content[0].text.contains("for: \"q\" \\ \u{1} é😀."))
  }
}
