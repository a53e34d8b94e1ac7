import Runner
import Testing

@Suite struct `Prompt settings` {
  @Test func `a line's own fields win over the settings`() throws {
    let settings = PromptSettings(model: "m", maxTokens: 5, system: "s")
    #expect(
      try prompt(#"{"id":1,"prompt":"p"}"#, settings)
        == Prompt(text: "p", system: "s", model: "m", maxTokens: 5)
    )
    #expect(
      try prompt(#"{"id":1,"prompt":"p","model":"n","max_tokens":9,"system":"t"}"#, settings)
        == Prompt(text: "p", system: "t", model: "n", maxTokens: 9)
    )
  }

  @Test func `a template takes the place of prompt`() throws {
    let template = try PromptTemplate("{{question}}?")
    #expect(
      try prompt(#"{"id":1,"question":"why"}"#, PromptSettings(model: "m", template: template))
        == Prompt(text: "why?", model: "m")
    )
  }

  @Test(arguments: [
    (#"{"id":1}"#, "has no prompt"), (#"{"id":1,"prompt":null}"#, "has no prompt"),
    (#"{"id":1,"prompt":[]}"#, "prompt is not a string"),
    (#"{"id":1,"prompt":"p","model":2}"#, "model is of the wrong type"),
    (#"{"id":1,"prompt":"p","max_tokens":"9"}"#, "max_tokens is of the wrong type"),
    (#"{"id":1,"prompt":"p","max_tokens":0}"#, "max_tokens is less than 1"),
    (#"{"id":1,"prompt":"p","system":{}}"#, "system is of the wrong type"),
  ])
  func `says what a plain line lacks`(_ line: String, _ message: String) {
    let error = #expect(throws: InputLineError.self) {
      try prompt(line, PromptSettings(model: "m"))
    }
    #expect(error?.message == message)
  }

  @Test func `a prompt without any model is refused`() {
    #expect(throws: InputLineError.self) {
      try prompt(#"{"id":1,"prompt":"p"}"#, PromptSettings())
    }
  }

  @Test func `a document is the prompt unless a template wraps it`() throws {
    let plain = PromptSettings(model: "m")
    #expect(try plain.prompt(document: "{{text}}", path: "a.txt").text == "{{text}}")
    let wrapped = PromptSettings(
      model: "m",
      template: try PromptTemplate("{{name}} ({{path}}): {{text}}")
    )
    #expect(
      try wrapped.prompt(document: "{{{x}}} & <b>", path: "d/a.txt").text
        == "a.txt (d/a.txt): {{{x}}} & <b>"
    )
  }

  private func prompt(_ text: String, _ settings: PromptSettings) throws -> Prompt? {
    let line = Array(text.utf8)[...]
    guard case .prompt(let prompt) = try parseLine(line).payload(of: line, with: settings) else {
      return nil
    }
    return prompt
  }
}
