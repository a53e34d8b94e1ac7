import JSON
import Jobs
import KeySources
import Runner
import TestSupport
import Testing

/// Damaged job files, files of prices, prompt templates and key references: each is read, or
/// refused in plain words with its place.
@Suite struct `Config fuzz` {
  /// No name that a message repeats has these signs.
  private static let secret = "sk-Z$7+q!R2&x;W9$k@m"

  @Test func `a job file is read, or refused with its line`() {
    var mutator = Mutator(seed: 20)
    var read = 0
    for _ in Mutator.rounds(1_000) {
      let text = damaged(Self.jobFiles, &mutator)
      do throws(JobFileError) {
        let job = try JobFile(reading: text, file: "job.yaml")
        read += 1
        #expect(try JobFile(reading: text, file: "job.yaml") == job)
        #expect(job.accounts.allSatisfy { $0.keys.allSatisfy { !"\($0)".isEmpty } })
      } catch {
        expectPlain(error.description, startingWith: "job.yaml")
        expectLine(error.line, in: text)
      }
    }
    #expect(read > 100)
  }

  @Test func `a file of prices is read, or refused with its line, and reads as it is written`() {
    var mutator = Mutator(seed: 21)
    var read = 0
    for _ in Mutator.rounds(1_000) {
      let text = damaged(Self.prices, &mutator)
      do throws(JobFileError) {
        let prices = try Prices(reading: text, file: "prices.yaml", fallback: nil)
        read += 1
        let again = try Prices(reading: prices.yaml, file: "prices.yaml", fallback: nil)
        #expect(again == prices, "\(text)")
      } catch {
        expectPlain(error.description, startingWith: "prices.yaml")
        expectLine(error.line, in: text)
      }
    }
    #expect(read > 100)
  }

  @Test func `a prompt template is read and rendered, or refused with its line`() throws {
    var mutator = Mutator(seed: 22)
    let line = try JSONValue(
      parsing: Array(#"{"text":"{{x}}","n":1,"tags":["p",{"q":2}],"meta":{"lang":"sv"}}"#.utf8)
    )
    var rendered = 0
    for _ in Mutator.rounds(1_000) {
      let text = damaged(Self.templates, &mutator)
      do throws(PromptTemplateError) {
        let template = try PromptTemplate(text, firstLine: 1)
        let prompt = try template.render(.line(line))
        #expect(try template.render(.line(line)) == prompt)
        rendered += 1
      } catch {
        #expect(PlainWords.fault(in: error.message) == nil, "\(error.message)")
        if error.line != nil { expectLine(error.line, in: text) }
      }
    }
    #expect(rendered > 100)
  }

  @Test func `a key reference is read as it is written, or refused without being shown`() {
    var mutator = Mutator(seed: 23)
    var read = 0
    for _ in Mutator.rounds(2_000) {
      let text = damaged(Self.references, &mutator)
      do throws(KeySourceError) {
        let reference = try KeyReference(text)
        read += 1
        if case .command = reference { continue }
        #expect(reference.description == text)
      } catch {
        #expect(error.kind == .usage)
        let fault = PlainWords.fault(in: error.description, hiding: Self.secret)
        #expect(fault == nil, "\(error.description)")
      }
    }
    #expect(read > 300)
  }

  @Test(arguments: [#""a\tb\e[31m": 1"#, #"{input: a, regions: [eu], base_url: "https://\n"}"#])
  func `control characters of a name reach no terminal`(_ text: String) {
    let error = #expect(throws: JobFileError.self) { try JobFile(reading: text, file: "job.yaml") }
    #expect(error?.message.contains("\u{FFFD}") == true)
    expectPlain(error?.description ?? "", startingWith: "job.yaml:1: ")
  }

  // MARK: - What must hold

  private func damaged(_ samples: [String], _ mutator: inout Mutator) -> String {
    let samples = samples.map { Array($0.utf8) }
    let bytes =
      mutator.number(0...19) == 0
      ? mutator.noise(atMost: 60)
      : mutator.damaged(mutator.one(of: samples), with: samples, changes: 0...3)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func expectPlain(_ message: String, startingWith start: String) {
    #expect(PlainWords.fault(in: message) == nil, "\(message)")
    #expect(message.hasPrefix(start), "\(message)")
  }

  private func expectLine(_ line: Int?, in text: String) {
    guard let line else { return }
    #expect((1...text.count(where: \.isNewline) + 2).contains(line), "\(line): \(text)")
  }

  // MARK: - Samples

  private static let jobFiles = [
    """
    input: documents/*.txt
    output: summaries.jsonl
    provider: anthropic
    model: claude-opus-4-6
    max_tokens: 512
    system: You are a careful archivist.
    prompt: |
      Summarise {{name}}.
      {{text}}
    accounts:
      - name: main
        keys: [keystore:main, env:KEY, "file:keys.env#A"]
        endpoints: [https://api.anthropic.com, {url: https://eu.example.com/v1, region: eu}]
        limits: {requests_per_minute: 4000, output_tokens_per_minute: 80_000, ceiling: true}
        models: {claude-opus-4-6: opus, other: there}
      - keys: file:/k
    concurrency: 200
    timeout: 90.5
    budget: 12.50
    """,
    """
    input: in.jsonl
    output: out.jsonl
    provider: openai
    api: responses
    base_url: https://example.com/v1
    key: env:KEY
    queue: q.nightjar
    grace: 5
    proxy: http://127.0.0.1:3128
    """,
    """
    routes:
      office: {proxy: "https://p.example:3128", user: env:U, password: file:p, ca_file: o.pem, no_proxy: [a.b]}
      line: {connect_to: "line.example:8443"}
      local: {unix: /run/gateway.sock}
    base_url:
      url: https://example.com
      routes: [direct, office, line]
      order: listed
      tls: {ca_file: c.pem, client_certificate: m.pem, client_key: m.key, pin: sha256//x}
      http: 2
      streams_per_connection: 10
      network: {ip: 4, interface: eth1, resolve: {a.b: 10.0.0.1}, user_timeout: 5}
    """,
    """
    input: in.jsonl
    key: vault:secret/llm#key
    regions: [eu, us]
    base_url: {url: https://eu.example.com, region: eu}
    secrets:
      refresh: 60
      ttl: 3600
      vault:
        addresses: [https://vault.example.com:8200]
        auth: {method: approle, role_id: r, secret_id_file: s, wrapped: true}
    """,
  ]

  private static let prices = [
    """
    claude-opus-4-6: {input: 4, output: 20.5, cache_read: 0.4, cache_write: 5}
    "my-company/*": {input: 1, output: 2, request: 0.001}
    gpt-5:
      input: 1.25
      output: .5
      long: {above: 200000, input: 2.5, output: 15}
    """,
    #""*": {input: 7, output: 7}"#,
  ]

  private static let templates = [
    "Summarise {{text}} in {{n}} words.\n{{#tags}}<{{.}}>{{/tags}}\n{{^none}}x{{/none}}",
    "{{#meta}}{{lang}}{{/meta}} {{uppercased(meta.lang)}} {{! said }} {{{text}}} {{& n}}",
    "{{=<% %>=}}<% n %>{{text}}\n\n{ {{n}} } {",
  ]

  private static let references = [
    "env:ANTHROPIC_API_KEY#field", "file:/run/secrets/key#a.b", "keystore:main-2026.11",
    "vault:secret/llm/main#key", "aws-sm:arn:aws:secretsmanager:eu-west-1:1:secret:llm#key",
    "exec:pass show 'llm # main'#api_key", secret, "env:" + secret, "keystore:" + secret,
    "Bearer " + secret,
  ]
}
