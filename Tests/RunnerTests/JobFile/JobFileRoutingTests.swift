import Runner
import Testing

@Suite struct `Job file, where jobs go` {
  private func read(_ text: String) throws -> JobFile { try JobFile(reading: text, file: "j") }

  @Test func `endpoints may name their region`() throws {
    let job = try read(
      """
      accounts:
        - endpoints: [https://a.example.com, {url: https://b.example.com/v1, region: eu}]
        - endpoints: {url: https://c.example.com, region: us}
      """
    )
    #expect(job.accounts[0].endpoints.map(\.region) == [nil, "eu"])
    #expect(job.accounts[0].endpoints.map(\.host) == ["a.example.com", "b.example.com"])
    #expect(job.accounts[1].endpoints.map(\.region) == ["us"])
    #expect(job.regions == .all)
  }

  @Test func `only endpoints in allowed regions are used`() throws {
    let job = try read(
      """
      regions: [eu, ch]
      accounts:
        - endpoints:
            - {url: https://a.example.com, region: us}
            - {url: https://b.example.com, region: eu}
            - {url: https://c.example.com, region: ch}
        - endpoints: {url: https://d.example.com, region: eu}
      """
    )
    #expect(job.accounts.map { $0.endpoints.map(\.host.first) } == [["b", "c"], ["d"]])
    #expect(job.regions == AllowedRegions(["ch", "eu"]))
    let short = try read("regions: eu\nbase_url: {url: https://a.example.com, region: eu}")
    #expect(short.accounts.first?.endpoints.count == 1)
  }

  @Test func `an account lists or maps the models that it serves`() throws {
    let job = try read(
      """
      accounts:
        - models: [claude-opus-4-6, claude-haiku-4-5]
        - models: {claude-opus-4-6: my-deployment, "*": "*"}
        - models: claude-opus-4-6
        - name: any
      """
    )
    #expect(
      job.accounts.map(\.models) == [
        ModelMap([
          "claude-opus-4-6": "claude-opus-4-6", "claude-haiku-4-5": "claude-haiku-4-5",
        ]),
        ModelMap(["claude-opus-4-6": "my-deployment", "*": "*"]),
        ModelMap(["claude-opus-4-6": "claude-opus-4-6"]), ModelMap(),
      ]
    )
  }

  @Test func `limits say how they are counted and how firm they are`() throws {
    let job = try read(
      """
      accounts:
        - limits: {requests_per_minute: 60, in_flight: 8, output_charge: reserved, ceiling: true}
        - limits: {ceiling: false}
        - limits: {input_tokens_per_minute: 7}
      """
    )
    #expect(
      job.accounts.map(\.limits) == [
        RateLimits(
          requestsPerMinute: 60,
          inFlight: 8,
          outputCharge: .reserved,
          isCeiling: true
        ), RateLimits(), RateLimits(inputTokensPerMinute: 7, isCeiling: true),
      ]
    )
  }

  @Test(arguments: [
    (
      "regions: []", 1, "`regions` is an empty list; nothing could be sent anywhere"
    ),
    (
      "regions: [eu]\naccounts:\n  - endpoints:\n      - {url: https://a.io, region: eu}\n"
        + "      - https://b.io", 5,
      "`regions` is set and this endpoint names no region; "
        + "write it as {url: https://b.io, region: …}"
    ),
    (
      "regions: [eu, ch]\naccounts:\n  - name: main\n"
        + "    endpoints: [{url: https://a.io, region: us}]", 4,
      "`regions` allows only ch, eu, and account `main` has endpoints only in us"
    ),
    (
      "accounts:\n  - name: main\nregions: [eu]", 2,
      "`regions` allows only eu, and account `main` lists no endpoint"
    ),
    (
      "model: m\nregions: [eu]", 2,
      "`regions` allows only eu, and account `default` lists no endpoint"
    ),
    (
      "regions: [eu]\nbase_url: https://a.io", 2,
      "`regions` is set and this endpoint names no region; "
        + "write it as {url: https://a.io, region: …}"
    ),
    (
      "accounts:\n  - endpoints:\n      - {uri: https://a.io}", 3,
      "unknown field `uri` in an endpoint; did you mean `url`?"
    ),
    ("accounts:\n  - endpoints: [{region: eu}]", 2, "this endpoint has no `url`"),
    (
      "accounts:\n  - endpoints: [[a]]", 2,
      "`endpoints` must be a base URL, or {url: …, region: …}"
    ),
    ("base_url:", 1, "`base_url` must be a base URL, or {url: …, region: …}"),
    (
      "accounts:\n  - models: []", 2,
      "`models` names no model; list those that the account serves, or leave it out"
    ),
    (
      "accounts:\n  - models:\n      a: [b]", 3,
      "`models` must give each model one name, like `a: b`"
    ),
    (
      "accounts:\n  - limits: {output_charge: all}", 2,
      "`output_charge` must be one of produced, reserved, input"
    ),
    (
      "accounts:\n  - limits: {in_flight: 0}", 2,
      "`in_flight` must be a whole number from 1 to 100000"
    ),
    ("accounts:\n  - limits: {ceiling: 5}", 2, "`ceiling` must be one of true, false"),
  ])
  func `names the line and what was expected`(_ text: String, _ line: Int, _ message: String) {
    let error = #expect(throws: JobFileError.self) { try read(text) }
    #expect(error?.description == "j:\(line): \(message)")
  }
}
