import JSON
import Runner
import Testing

@Suite struct `Prompt settings` {
  @Test func `a line's own fields win over the settings`() throws {
    let settings = PromptSettings(model: "m", maxTokens: 5, system: "s")
    #expect(
      try prompt(#"{"id":1,"prompt":"p"}"#, settings)
        == Prompt(text: .json("p"), system: "s", model: "m", maxTokens: 5)
    )
    #expect(
      try prompt(#"{"id":1,"prompt":"p","model":"n","max_tokens":9,"system":"t"}"#, settings)
        == Prompt(text: .json("p"), system: .json("t"), model: "n", maxTokens: 9)
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

  @Test(arguments: [
    (
      #"{"id":1,"prompt":"p","temperature":0}"#,
      "a field that nothing uses: `temperature` (a parameter goes into `params`);"
    ),
    (#"{"id":1,"Prompt":"p"}"#, "`Prompt` (did you mean `prompt`?)"),
    (
      #"{"id":1,"messages":[],"tools":[]}"#,
      "fields that nothing uses: `messages`, `tools` (a parameter goes into `params`);"
    ),
    (
      #"{"id":1,"prompt":"p","max_completion_tokens":7,"n":2}"#,
      "`max_completion_tokens` (did you mean `max_tokens`?), `n` (a parameter goes into `params`);"
    ),
    (#"{"id":1,"prompt":"p","text":"t"}"#, "`text`"),
    (#"{"id":1,"prompt":"p","parms":{}}"#, "`parms` (did you mean `params`?)"),
    (
      #"{"custom_id":"1","method":"POST","url":"/v1/x","body":{},"temperature":0,"model":"m"}"#,
      "fields that nothing uses: `temperature`, `model`; what is to be sent stands in the request"
    ),
    (#"{"custom_id":"1","params":{},"prompt":"p"}"#, "a field that nothing uses: `prompt`;"),
    (#"{"id":1,"prompt":"p","a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}"#, "`f` and 1 more;"),
  ])
  func `a field that nothing uses fails its line`(_ line: String, _ words: String) {
    let error = #expect(throws: InputLineError.self) {
      try prompt(line, PromptSettings(model: "m"))
    }
    #expect(error?.code == "unknown_field")
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    #"{"id":1,"prompt":"p","error":{"code":"overloaded"}}"#, #"{"id":1,"prompt":"p","note":"n"}"#,
    #"{"id":1,"prompt":"p","topic":{"name":"x"}}"#,
    #"{"id":1,"prompt":"p","system":null,"model":null,"params":{"any":[1]}}"#,
    #"{"id":"d/a.txt","path":"d/a.txt","name":"a.txt","text":"t","prompt":"t","error":{}}"#,
    #"{"custom_id":"a","params":{"model":"m"},"note":{"mine":1},"error":{}}"#,
    #"{"custom_id":"a","method":"POST","url":"/v1/x","body":{"any":1},"note":2}"#,
  ])
  func `what a shape, the template or the job file knows may stand in a line`(_ line: String) throws
  {
    let template = try PromptTemplate("{{#topic.name}}About {{topic.name}}.{{/topic.name}} Go on.")
    let settings = PromptSettings(model: "m", template: template, ignoredFields: ["note"])
    _ = try payload(of: Array(line.utf8)[...], settings)
  }

  @Test(arguments: ["{{empty}}", "\n {{#turns}}{{/turns}}\u{3000}", ""])
  func `a template that says nothing fails its job`(_ template: String) throws {
    let settings = PromptSettings(
      model: "m",
      template: try PromptTemplate("{{#hint}}{{/hint}}" + template)
    )
    let error = #expect(throws: InputLineError.self) {
      try prompt(
        #"{"id":1,"empty":"","turns":[1],"hint":1}"#,
        PromptSettings(model: "m", template: settings.template, ignoredFields: ["empty", "turns"])
      )
    }
    #expect(error?.message == "the prompt template makes nothing but white space of this job")
  }

  @Test func `a prompt without any model is refused`() {
    #expect(throws: InputLineError.self) {
      try prompt(#"{"id":1,"prompt":"p"}"#, PromptSettings())
    }
  }

  @Test func `a document is the prompt unless a template wraps it`() throws {
    let plain = PromptSettings(model: "m")
    #expect(try prompt(document: "{{text}}", "a.txt", plain).text == .utf8(Array("{{text}}".utf8)))
    let wrapped = PromptSettings(
      model: "m",
      template: try PromptTemplate("{{name}} ({{path}}): {{text}}")
    )
    #expect(
      try prompt(document: "{{{x}}} & <b>", "d/a.txt", wrapped).text
        == "a.txt (d/a.txt): {{{x}}} & <b>"
    )
  }

  private func prompt(_ text: String, _ settings: PromptSettings) throws -> Prompt? {
    let line = Array(text.utf8)[...]
    guard case .prompt(let prompt) = try payload(of: line, settings) else { return nil }
    return prompt
  }

  private func prompt(
    document text: String,
    _ path: String,
    _ settings: PromptSettings
  ) throws -> Prompt {
    try settings.prompt(document: Array(text.utf8), path: path, RequestShape(model: "m"))
  }

  @Test func `the text of a plain line goes into the body as it stands`() throws {
    let line = #"{"id":1,"prompt":"\u0041\/ \ud83d\ude00 é","system":"a\tb"}"#
    let prompt = try #require(try prompt(line, PromptSettings(model: "m", maxTokens: 3)))
    let body = try Anthropic().request(for: .prompt(prompt)).body
    #expect(
      String(decoding: body, as: UTF8.self)
        == #"{"model":"m","max_tokens":3,"system":"a\tb","messages":[{"role":"user","#
        + #""content":"\u0041\/ \ud83d\ude00 é"}],"stream":false}"#
    )
  }

  @Test(arguments: [
    "", "plain", "a \"b\"\n\\ \u{1}\u{1F}\t é 漢 \u{7F}", String(repeating: "\n", count: 70),
  ])
  func `the room for a body is told before it is built`(_ text: String) throws {
    for text in [BodyText.utf8(Array(text.utf8)), .text(text), .json(text)] {
      let prompt = Prompt(text: text, system: text, model: "m", maxTokens: 1)
      let body = prompt.emptyBody
      let built = try Anthropic().request(for: .prompt(prompt)).body
      #expect(body.isEmpty && body.capacity >= built.count)
    }
  }
}

extension BodyText {
  /// The text as it stands in a line.
  fileprivate static func json(_ text: String) -> BodyText {
    var bytes: [UInt8] = []
    bytes.appendJSON(text)
    return .json(bytes[...])
  }
}
