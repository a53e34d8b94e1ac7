import KeySources
import Runner
import Testing
import Transport

@Suite struct `Job file` {
  private static let full = """
    input: documents/*.txt            # or a .jsonl
    output: summaries.jsonl
    provider: anthropic
    model: claude-opus-4-6
    max_tokens: 512
    system: You are a careful archivist.
    prompt: |
      Summarise the document in three sentences.
      {{text}}
    accounts:
      - name: main
        keys: [keystore:anthropic-main, env:KEY, "file:keys.env#A"]
        endpoints: [https://api.anthropic.com]
        limits: {requests_per_minute: 4000, input_tokens_per_minute: 400000, output_tokens_per_minute: 80_000}
      - keys: file:/k
    concurrency: 200
    limit: 10
    timeout: 90.5
    ca_file: ca.pem
    queue: q.nightjar
    grace: 5
    keystore: /etc/keys.age
    identity: ~/id.txt
    max_attempts: 4
    proxy: http://127.0.0.1:3128
    params: {temperature: 0.2}
    schema: s.json
    """

  @Test func `reads every field, paths relative to its folder`() throws {
    let job = try JobFile(reading: Self.full, file: "work/job.yaml")
    #expect(job.input == "work/documents/*.txt")
    #expect(job.output == "work/summaries.jsonl")
    #expect(job.provider == "anthropic")
    #expect(job.model == "claude-opus-4-6")
    #expect(job.maxTokens == 512)
    #expect(job.system == "You are a careful archivist.")
    #expect(
      job.prompt
        == .init(text: "Summarise the document in three sentences.\n{{text}}\n", firstLine: 8)
    )
    #expect(
      job.accounts == [
        .init(
          name: "main",
          keys: [
            .keystore(id: "anthropic-main"), .environment(name: "KEY"),
            .file(path: "work/keys.env", field: "A"),
          ],
          endpoints: [Anthropic.defaultEndpoint],
          limits: .init(
            requestsPerMinute: 4_000,
            inputTokensPerMinute: 400_000,
            outputTokensPerMinute: 80_000,
            isCeiling: true
          )
        ),
        .init(name: "account-2", keys: [.file(path: "/k")]),
      ]
    )
    #expect(job.concurrency == 200)
    #expect(job.limit == 10)
    #expect(job.timeout == .milliseconds(90_500))
    #expect(job.grace == .seconds(5))
    #expect(job.maxAttempts == 4)
    #expect(job.caFile == "work/ca.pem")
    #expect(job.queue == "work/q.nightjar")
    #expect(job.keystore == "/etc/keys.age")
    #expect(job.identity == "~/id.txt")
    #expect(job.proxy?.url == "http://127.0.0.1:3128")
    #expect(job.params.map { [$0.name, $0.json] } == [["temperature", "0.2"]])
    #expect(job.schema == "work/s.json")
  }

  @Test(arguments: [("010", 10), ("4_000", 4_000), ("'12'", 12), ("+5", 5)])
  func `reads a number as it is written`(_ text: String, _ number: Int) throws {
    #expect(try JobFile(reading: "limit: \(text)", file: "job.yaml").limit == number)
  }

  @Test func `one account can be written short`() throws {
    let text = "base_url: http://localhost:8000/v1\nkey: env:KEY\napi: embeddings\ninput: '-'"
    let job = try JobFile(reading: text, file: "job.yaml")
    let endpoint = try Endpoint("http://localhost:8000/v1")
    #expect(
      job.accounts == [
        .init(name: "default", keys: [.environment(name: "KEY")], endpoints: [endpoint])
      ]
    )
    #expect(job.api == "embeddings")
    #expect(job.input == "-")
    #expect(try JobFile(reading: "keys: [env:A, env:B]", file: "j").accounts.first?.keys.count == 2)
    #expect(try JobFile(reading: "model: m", file: "j").accounts.isEmpty)
  }

  @Test(arguments: [
    ("modle: m", 1, "unknown field `modle` in the job file; did you mean `model`?"),
    (
      "model: m\nmax_token: 5", 2,
      "unknown field `max_token` in the job file; did you mean `max_tokens`?"
    ),
    ("zebra: 1", 1, "unknown field `zebra` in the job file"),
    (
      "temperature: 0", 1,
      "unknown field `temperature` in the job file; it is a parameter: `params: {temperature: …}`"
    ),
    ("model: m\nparams: 5", 2, "`params` must be fields with values, like `temperature: 0.2`"),
    (
      "params:\n  seed: 1\n  max_tokens: 5", 3,
      "`params`: `max_tokens` is no parameter; it is `max_tokens` in the line or the job file, or "
        + "--max-tokens"
    ),
    (
      "params: {schema: {}}\nschema: a.json", 2, "`schema` stands in `params` too; keep one"
    ),
    (
      "params:\n  top_p: .5", 2,
      "this value can be meant in two ways; write a number or true or false as JSON has it "
        + "(0.5, true), and quote a text"
    ),
    (
      "api_key: sk-x", 1,
      "unknown field `api_key` in the job file; a key never stands in a job file; name where it is: "
        + "`key: env:NAME`"
    ),
    (
      "endpoints: [a]", 1,
      "unknown field `endpoints` in the job file; they belong to an account: "
        + "`accounts: [{name: …, keys: […], endpoints: […]}]`"
    ),
    ("model: m\n\nmax_tokens: many", 3, "`max_tokens` must be a whole number from 1 to 1000000000"),
    ("max_tokens: 12:30", 1, "`max_tokens` must be a whole number from 1 to 1000000000"),
    ("max_tokens: 0x10", 1, "`max_tokens` must be a whole number from 1 to 1000000000"),
    (
      "limits: {requests_per_minute: 5}", 1,
      "unknown field `limits` in the job file; they belong to an account: "
        + "`accounts: [{name: …, keys: […], limits: {…}}]`"
    ),
    (
      "keep_going: true", 1,
      "unknown field `keep_going` in the job file; it is for one run, as the flag --keep-going"
    ),
    ("max_tokens: 0", 1, "`max_tokens` must be a whole number from 1 to 1000000000"),
    ("concurrency: 1.5", 1, "`concurrency` must be a whole number from 1 to 100000"),
    ("timeout: soon", 1, "`timeout` must be a number of seconds above zero, at most 1000000000"),
    ("grace: -1", 1, "`grace` must be a number of seconds above zero, at most 1000000000"),
    ("timeout: .nan", 1, "`timeout` must be a number of seconds above zero, at most 1000000000"),
    ("model: [a]", 1, "`model` must be text"), ("model:", 1, "`model` must be text"),
    ("provider: antropic", 1, "`provider` must be one of anthropic, openai"),
    ("api: chats", 1, "`api` must be one of messages, chat, responses, embeddings"),
    ("- a", 1, "the job file must be fields with values, like `input: …`"),
    ("model: m\nmodel: n", 1, "`model` is set twice in the fields that begin here"),
    ("accounts: []", 1, "`accounts` is an empty list"),
    (
      "accounts:\n  - name: a\n    key: env:A", 3,
      "unknown field `key` in account 1; did you mean `keys`?"
    ),
    ("accounts:\n  - name: a\n  - name: a", 3, "two accounts are named `a`"),
    (
      "accounts:\n  - limits:\n      requests_per_minut: 4", 3,
      "unknown field `requests_per_minut` in `limits`; did you mean `requests_per_minute`?"
    ),
    (
      "key: env:A\naccounts: [{name: a}]", 1,
      "`key` stands beside `accounts`; write it into the account"
    ),
    ("key: env:A\nkeys: [env:B]", 2, "both `key` and `keys` are set; keep one"),
    (
      "model: m\nproxy: http://u:p@host", 2,
      "`proxy` holds a user name or password; a job file holds no secrets. A route names where "
        + "they are: `routes: {name: {proxy: …, user: env:NAME, password: env:NAME}}`"
    ),
  ])
  func `names the line and what was expected`(_ text: String, _ line: Int, _ message: String) {
    let error = #expect(throws: JobFileError.self) { try JobFile(reading: text, file: "job.yaml") }
    #expect(error?.description == "job.yaml:\(line): \(message)")
  }

  @Test(arguments: ["model: 'm", "a: b: c", "\tx: 1", "x: [1", "x: *y", "model: \u{1}"])
  func `names the line where it is not YAML`(_ fault: String) {
    let error = #expect(throws: JobFileError.self) {
      try JobFile(reading: "input: i\n" + fault, file: "job.yaml")
    }
    #expect(error?.message.hasPrefix("not YAML: ") == true)
    #expect((1...3).contains(error?.line ?? 0))
  }

  @Test(arguments: ["", "# nothing\n", "---\n"])
  func `an empty file is an error`(_ text: String) {
    #expect(throws: JobFileError.self) { try JobFile(reading: text, file: "job.yaml") }
  }

  @Test(arguments: [
    "sk-ant-api03-SECRETSECRETSECRET", "env:sk-proj-SECRETSECRETSECRET", "SECRET", "env:",
    "https://host/SECRET", "Bearer:SECRET", "keystore:sk-proj-SECRETSECRETSECRET",
  ])
  func `refuses a key without repeating it`(_ key: String) {
    for field in ["key: \"\(key)\"", "keys: [\"\(key)\"]", "accounts: [{keys: [\"\(key)\"]}]"] {
      let error = #expect(throws: JobFileError.self) { try JobFile(reading: field, file: "j") }
      #expect(error?.description.contains("SECRET") == false)
      #expect(error?.line == 1)
    }
  }

  @Test func `a template's mistake has its line in the file`() throws {
    for (style, line) in [("prompt: |\n  one\n  {{two", 3), ("model: m\nprompt: 'one {{two'", 2)] {
      let prompt = try #require(try JobFile(reading: style, file: "j").prompt)
      let error = #expect(throws: PromptTemplateError.self) {
        try PromptTemplate(prompt.text, firstLine: prompt.firstLine)
      }
      #expect(error?.line == line)
    }
  }
}
