import Foundation
import JSON
import Jobs
import KeySources
import Runner
import Transport

/// A batch in a folder of its own that is run again and again in this process.
struct TestBatch {
  let folder: TestFolder
  var clock: any RunClock = SystemClock()
  var concurrency = 4
  var limit: Int?
  var attempts = 3
  var documents: String?
  var giveUpAfter = Duration.seconds(60)
  var parkFor: Duration?
  var budget: USD?
  /// A dollar for a million tokens.
  var prices = Prices([
    Prices.Entry(
      "test",
      Price(Price.Rates(input: USD(nanos: 1_000_000_000), output: USD(nanos: 1_000_000_000)))
    )
  ])
  /// One for each account.
  var keys = [TestKeySource("first-key")]
  var provider: any Provider = Anthropic()
  var endpoints = [Anthropic.defaultEndpoint]
  /// By how many routes each endpoint is reached, in their order: `route-0`, `route-1` and so on.
  var routes = 1
  var regions = AllowedRegions.all
  var memory = 256 << 20
  var keepsGoing = false
  var template: PromptTemplate?

  // The input has a line for each job, whose prompt is its id.
  init(_ jobs: Range<Int> = 0..<0) throws {
    folder = try TestFolder()
    try write(jobs)
  }

  static func line(_ job: Int) -> String { #"{"id":"job-\#(job)","prompt":"job-\#(job)"}"# + "\n" }

  func write(_ jobs: Range<Int>) throws {
    try folder.write(jobs.map(Self.line).joined(), to: "in.jsonl")
  }

  var files: BatchFiles { BatchFiles(output: folder.file("out.jsonl")) }

  /// The run's plan, with the keys as they are now.
  func plan() async throws -> RunPlan {
    let source: InputSource =
      if let documents { .folder(DocumentFolder(folder.file(documents))) } else {
        .file(try InputFile(path: folder.file("in.jsonl")))
      }
    let settings = PromptSettings(model: "test", maxTokens: 10, template: template)
    let preparer = JobPreparer(
      provider: provider,
      settings: settings,
      documents: documents.map { DocumentFolder(folder.file($0)) },
      inputName: "in"
    )
    let ways = (0..<routes).map { RouteHandle(Route(), name: "route-\($0)") }
    var accounts: [Account] = []
    for (index, key) in keys.enumerated() {
      let keyring = Keyring(sources: [key], now: { [clock] in clock.now })
      try await keyring.load()
      accounts.append(
        Account(
          name: "account-\(index)",
          keyring: keyring,
          endpoints: endpoints,
          routes: endpoints.map { _ in ways },
          regions: regions,
          provider: provider,
          state: AccountState(
            limits: RateLimits(),
            charges: provider.charges,
            expectedOutput: 10,
            endpoints: endpoints.map { _ in RouteChoice(count: routes, order: .listed) },
            at: clock.now
          )
        )
      )
    }
    return RunPlan(
      input: RunInput(source: source, name: "in", path: folder.file("in")),
      files: files,
      provider: provider,
      preparer: preparer,
      accounts: accounts,
      concurrency: concurrency,
      memory: memory,
      limit: limit,
      retries: RetryPolicy(attempts: attempts, base: 0.001, cap: 0.002),
      prices: prices,
      budget: budget,
      giveUpAfter: giveUpAfter,
      parkFor: parkFor,
      keepsGoing: keepsGoing
    )
  }

  func run(_ client: ScriptedClient, events: RecordedEvents = RecordedEvents()) async throws
    -> BatchRun
  {
    try await BatchRun(try await plan(), client: client, clock: clock, sinks: [events])
  }

  /// Runs the batch to its end, or to where it stops.
  @discardableResult
  func execute(
    _ client: ScriptedClient = ScriptedClient(),
    events: RecordedEvents = RecordedEvents()
  ) async throws -> RunReport {
    try await run(client, events: events).execute()
  }

  /// The ids in the output, in its order.
  var completed: [String] { get throws { try ids("out.jsonl", "custom_id") } }
  var failed: [String] { get throws { try ids("out.failed.jsonl", "id") } }

  private func ids(_ name: String, _ field: String) throws -> [String] {
    try folder.read(name).split(separator: "\n").map { line in
      let value = try JSONValue(parsing: Array(line.utf8))
      return value[field]?.string ?? value["custom_id"]?.string ?? ""
    }
  }

  static func ids(_ jobs: Range<Int>) -> [String] { jobs.map { "job-\($0)" } }
}

/// A folder that is removed when the test lets go of it.
final class TestFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("nightjar-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String) throws {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: url)
  }

  /// The text of a file; empty where there is none.
  func read(_ name: String) throws -> String {
    guard FileManager.default.fileExists(atPath: file(name)) else { return "" }
    return String(decoding: try Data(contentsOf: URL(fileURLWithPath: file(name))), as: UTF8.self)
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: file(name))
  }
}

extension RunReport {
  /// How the run stopped, as a word.
  var why: String {
    switch stop {
    case nil: "finished"
    case .interrupted: "interrupted"
    case .aborted: "aborted"
    case .parked: "parked"
    case .keyRefused: "keyRefused"
    case .unavailable: "unavailable"
    case .budget(let spent, let cap, _): "budget: \(spent.text) of \(cap.text)"
    case .unpriced(let model): "unpriced: \(model)"
    case .failingAlike(let cause): "failing alike: \(cause.refusal.words)"
    case .impossible(let what): "impossible: \(what)"
    case .failed(let error): "failed: \(error)"
    }
  }
}
