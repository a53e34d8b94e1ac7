import JSON
import Runner
import TestSupport
import Testing

@Suite struct `Prompt template` {
  private static let line =
    #"{"text":"a <b> & \"c\" {{x}} {{{y}}} {{#z}}","n":1.50,"yes":true,"no":false,"none":null,"#
    + #""tags":["p","q"],"people":[{"name":"Ann"},{"name":"Bob"}],"meta":{"lang":"sv"},"empty":"","#
    + #""my.own.name":"dots","deep":{"k.l":"within"}}"#

  @Test(arguments: [
    ("{{text}}", #"a <b> & "c" {{x}} {{{y}}} {{#z}}"#),
    (
      "{{{text}}}|{{& text}}|{{ n }}",
      #"a <b> & "c" {{x}} {{{y}}} {{#z}}|"#
        + #"a <b> & "c" {{x}} {{{y}}} {{#z}}|1.50"#
    ),
    ("a\n\nb\n{{n}}", "a\n\nb\n1.50"),
    ("{{yes}} {{no}}", "true false"), ("{{#yes}}on{{/yes}}{{#no}}off{{/no}}", "on"),
    ("{{#tags}}<{{.}}>{{/tags}}", "<p><q>"), ("{{tags}}", #"["p","q"]"#),
    ("{{#people}}{{name}}:{{n}} {{/people}}", "Ann:1.50 Bob:1.50 "),
    ("{{meta.lang}} {{meta}}", #"sv {"lang":"sv"}"#), ("{{#meta}}{{lang}}{{/meta}}", "sv"),
    ("{{#absent}}in{{/absent}}{{^absent}}out{{/absent}}", "out"),
    ("{{#none}}in{{/none}}{{^none}}out{{/none}}", "out"),
    ("{{#empty}}in{{/empty}}{{^empty}}out{{/empty}}", "out"),
    ("{{! a comment }}x{{n}}", "x1.50"),
    ("{{#yes}}\non its own line\n{{/yes}}\nend", "on its own line\nend"),
    ("{{=<% %>=}}<% n %>{{text}}", "1.50{{text}}"), ("{ {{n}} } {", "{ 1.50 } {"),
    ("{{my.own.name}} {{deep.k.l}} {{#deep}}{{k.l}}{{/deep}}", "dots within within"),
    ("{{tags.0}}-{{tags.1}}", "p-q"), ("{{people.1.name}}", "Bob"),
    ("{{#people.0}}{{name}}{{/people.0}}", "Ann"),
    ("{{#tags.7}}in{{/tags.7}}{{^tags.7}}out{{/tags.7}}", "out"),
    ("{{#empty(tags)}}none{{/empty(tags)}}", ""),
    ("{{^no}}{{n}}{{/no}}", "1.50"),
    ("{{uppercased(meta.lang)}}", "SV"), ("{{empty}}", ""), ("漢 {{n}} 😀", "漢 1.50 😀"),
  ])
  func `renders fields as plain text`(_ template: String, _ expected: String) throws {
    #expect(try render(template) == expected)
  }

  @Test(arguments: [
    ("{{absent}}", "absent"), ("{{none}}", "none"), ("{{meta.absent}}", "meta.absent"),
    ("{{absent.deep}}", "absent.deep"), ("{{#tags}}{{other}}{{/tags}}", "other"),
    ("{{uppercased(absent)}}", "absent"), ("{{n}} {{one}} {{two}}", "one"), ("{{.}}", "."),
    ("{{text.length}}", "text.length"),
    ("{{tags.2}}", "tags.2"), ("{{tags.-1}}", "tags.-1"),
    ("{{tags.01}}", "tags.01"),
    ("{{tags.first}}", "tags.first"), ("{{yes.no.1}}", "yes.no.1"),
    ("{{#n}}{{text.0.1}}{{/n}}", "text.0.1"),
  ])
  func `names the field that a job lacks`(_ template: String, _ field: String) {
    let error = #expect(throws: PromptTemplateError.self) { try render(template) }
    #expect(
      error?.message
        == "the prompt template names {{\(field)}}, which this job does not have"
    )
  }

  @Test(arguments: [
    ("{{#reversed(tags)}}{{/reversed(tags)}}", "reversed", "a list"),
    ("{{reversed(meta)}}", "reversed", "an object"),
    ("{{uppercased(yes)}}", "uppercased", "true or false"),
  ])
  func `names the transform that would leave a field out`(
    _ template: String,
    _ name: String,
    _ kind: String
  ) {
    let error = #expect(throws: PromptTemplateError.self) { try render(template) }
    #expect(
      error?.message
        == "the prompt template applies {{\(name)(…)}} to \(kind), which cannot be"
    )
  }

  @Test func `knows its transforms before there is a job`() {
    let error = #expect(throws: PromptTemplateError.self) {
      try PromptTemplate("one\n{{uppercased(text)}} {{uppercased(lower(text))}}", firstLine: 4)
    }
    #expect(error?.line == 5)
    #expect(error?.message.contains("{{lower(…)}}, which there is not") == true)
  }

  @Test(arguments: [
    "{{#list}}{{big}}{{/list}}", "{{#list}}{{uppercased(big)}}{{/list}}",
    "{{#list}}{{#list}}{{#list}}{{#list}}{{/list}}{{/list}}{{/list}}{{/list}}",
    "{{#list}}\(String(repeating: "words ", count: 4_000)){{/list}}",
    "{{#list}}{{list}}{{big}}{{/list}}",
    "{{#list}}{{#list}}{{#big}}{{/big}}{{^list.2999}}{{/list.2999}}{{/list}}{{/list}}",
    "{{#list}}{{#uppercased(big)}}{{/uppercased(big)}}{{#list}}{{/list}}{{/list}}",
  ])
  func `a prompt stays smaller than the largest, whatever a line holds`(_ template: String) throws {
    let list = (0..<3_000).map(String.init).joined(separator: ",")
    let big = String(repeating: "B", count: 100_000)
    let line = try JSONValue(parsing: Array(#"{"big":"\#(big)","list":[\#(list)]}"#.utf8))
    let error = #expect(throws: PromptTemplateError.self) {
      try PromptTemplate(template).render(.line(line))
    }
    #expect(error?.message.contains("more than 32 MiB") == true, "\(error?.message ?? "")")
  }

  @Test func `a long list makes a prompt as long as it has to be`() throws {
    let list = (0..<100_000).map(String.init).joined(separator: ",")
    let line = try JSONValue(parsing: Array(#"{"list":[\#(list)]}"#.utf8))
    let instructions = String(repeating: "Be kind. ", count: 1_000)
    let text = try PromptTemplate(instructions + "{{#list}}- {{.}}\n{{/list}}").render(.line(line))
    #expect(text.hasSuffix("- 99998\n- 99999\n"))
  }

  @Test(arguments: [
    ("{{a}} {{{b.c}}} {{& d }}", ["a", "b", "b.c", "d"]),
    ("{{! not }}{{#e}}{{.}}{{.f}}{{/e}}", ["e", "f"]),
    ("{{uppercased(g.0)}}", ["g", "g.0", "uppercased"]), ("plain", []), ("{{", []),
    ("{{=<% %>=}}<% h %> i", ["h", "i"]),
  ])
  func `knows which fields it names`(_ template: String, _ names: [String]) throws {
    guard let template = try? PromptTemplate(template) else { return #expect(names.isEmpty) }
    #expect(template.names == Set(names))
  }

  @Test(arguments: [
    ("one\ntwo {{text", 11), ("{{#a}}\n\nx", 12), ("\n\n{{#a}}\n{{/b}}", 13), ("{{a b}}", 10),
    ("\n{{> other}}", 11), ("{{% CONTENT_TYPE:HTML}}", 10), ("{{<a}}{{/a}}", 10), ("{{{a}}", 10),
    ("{{=x}}", 10), ("{{", 10), ("{{!", 10),
  ])
  func `names the line of a mistake`(_ template: String, _ line: Int) {
    let error = #expect(throws: PromptTemplateError.self) {
      try PromptTemplate(template, firstLine: 10)
    }
    #expect(error?.line == line, "\(error?.message ?? "")")
  }

  @Test(arguments: ["{{#a}}", "{{^a}}", "{{=<% %>=}}<%#a%>", "f("])
  func `refuses a template that is nested too deep to be followed`(_ level: String) throws {
    let levels = String(repeating: level, count: 100_000)
    let error = #expect(throws: PromptTemplateError.self) { try PromptTemplate("{{" + levels) }
    #expect(error?.message.contains("more than 500") == true)
  }

  @Test func `follows sections as deep as they may be nested`() throws {
    let open = String(repeating: "{{#meta}}", count: 500)
    let close = String(repeating: "{{/meta}}", count: 500)
    #expect(try render(open + "{{n}}" + close) == "1.50")
  }

  @Test(arguments: ["", "Summarise this.", "Summarise: {text}", "${text}", "{{! text }}", "{"])
  func `says where every job would get the same prompt`(_ text: String) throws {
    let fault = try PromptTemplate(text, firstLine: 4).constantFault
    #expect(fault?.message.contains("names no field") == true)
    #expect(fault?.line == 4)
    #expect(try PromptTemplate("Summarise {{text}}").constantFault == nil)
  }

  @Test func `reads any template to an end`() throws {
    var random = SeededGenerator(seed: 3)
    let pieces = [
      "{", "}", "{{", "}}", "#", "/", "^", "!", "&", "=", ".", "n", "(", ")", " ", "\n",
    ]
    let line = try JSONValue(parsing: Array(Self.line.utf8))
    var rendered = 0
    for _ in 0..<5_000 {
      let count = Int.random(in: 0...12, using: &random)
      let text =
        "{{n}}" + (0..<count).compactMap { _ in pieces.randomElement(using: &random) }.joined()
      guard let template = try? PromptTemplate(text) else { continue }
      if (try? template.render(.line(line))) != nil { rendered += 1 }
    }
    #expect(rendered > 500)
  }

  @Test(arguments: [
    (#"{"error":"boom"}"#, "boom"), (#"{"error":{"code":"E"}}"#, #"{"code":"E"}"#),
    (#"{"error":{"by":"nightjar","code":"c","own":{"code":"E"}}}"#, #"{"code":"E"}"#),
    (#"{"error":{"by":"nightjar","code":"c"}}"#, "none"),
  ])
  func `sees the error that a line has itself, not ours`(line: String, _ text: String) throws {
    let fields = TemplateFields.line(try JSONValue(parsing: Array(line.utf8)))
    let template = "{{#error}}{{error}}{{/error}}{{^error}}none{{/error}}"
    #expect(try PromptTemplate(template).render(fields) == text)
  }

  private func render(_ template: String) throws -> String {
    let line = try JSONValue(parsing: Array(Self.line.utf8))
    return try PromptTemplate(template).render(.line(line))
  }
}
