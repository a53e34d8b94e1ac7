import Foundation
import Testing

/// Runs over several endpoints and accounts, each a simulator of its own.
struct RoutingTests {
  /// The endpoint of each result, by how many came from it.
  private func endpoints(_ folder: Scratch) throws -> [String: Int] {
    struct Line: Decodable {
      struct Note: Decodable { let endpoint: String }
      let nightjar: Note
    }
    let lines = try folder.lines("out.jsonl").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    return Dictionary(grouping: lines, by: \.nightjar.endpoint).mapValues(\.count)
  }

  private func job(_ accounts: String, jobs: Int, in folder: Scratch) throws {
    try folder.write("in.jsonl", prompts(0..<jobs))
    try folder.write(
      "job.yaml",
      "input: in.jsonl\noutput: out.jsonl\nprovider: anthropic\nmodel: wanted\nmax_tokens: 9\n"
        + accounts + "\n"
    )
  }

  @Test func `an endpoint that dies loses its load and no job`() throws {
    let folder = try Scratch()
    let first = try Provider(["--latency", "20ms"], in: folder)
    let second = try Provider(["--latency", "20ms"], in: folder)
    try job(
      """
      accounts:
        - keys: env:REHEARSAL
          endpoints: [\(first.url), \(second.url)]
      concurrency: 20
      """,
      jobs: 2_000,
      in: folder
    )
    let run = try Program(["run", "job.yaml", "--json"], in: folder)
    try folder.wait(for: "answers of both") {
      first.requests.count > 100 && second.requests.count > 100
    }
    first.stop()
    let ending = run.ending()
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.report()
    #expect(report.completed == 2_000 && report.failed == 0)
    let share = try endpoints(folder)
    #expect(share[first.url, default: 0] < share[second.url, default: 0])
    #expect(share.values.reduce(0, +) == 2_000)
  }

  @Test func `endpoints share the load`() throws {
    let folder = try Scratch()
    let first = try Provider(["--latency", "20ms"], in: folder)
    let second = try Provider(["--latency", "20ms"], in: folder)
    try job(
      """
      accounts:
        - keys: env:REHEARSAL
          endpoints: [\(first.url), \(second.url)]
      concurrency: 20
      """,
      jobs: 1_000,
      in: folder
    )
    #expect(try folder.nightjar(["run", "job.yaml"]).status == 0)
    #expect(try endpoints(folder).values.allSatisfy { $0 > 300 })
  }

  @Test func `a model has the account's own name where it is sent`() throws {
    let folder = try Scratch()
    let mapped = try Provider(["--models", "deployment"], in: folder)
    let plain = try Provider(["--models", "other"], in: folder)
    try job(
      """
      accounts:
        - {name: mapped, keys: env:REHEARSAL, endpoints: \(mapped.url), models: {wanted: deployment}}
        - {name: plain, keys: env:REHEARSAL, endpoints: \(plain.url), models: [other]}
      """,
      jobs: 40,
      in: folder
    )
    try folder.append("in.jsonl", #"{"id":"other","prompt":"p","model":"other"}"# + "\n")
    let ending = try folder.nightjar(["run", "job.yaml", "--json"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().completed == 41)
    #expect(try endpoints(folder) == [mapped.url: 40, plain.url: 1])
  }

  @Test func `a model that no account serves fails its jobs and no others`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try job(
      "accounts: [{keys: env:REHEARSAL, endpoints: \(provider.url), models: [wanted]}]",
      jobs: 5,
      in: folder
    )
    try folder.append("in.jsonl", #"{"id":"odd","prompt":"p","model":"strange"}"# + "\n")
    let ending = try folder.nightjar(["run", "job.yaml", "--json"])
    #expect(ending.status == 1, "\(ending.errors)")
    #expect(try ending.report().completed == 5)
    #expect(provider.requests.count == 5)
    let failed = folder.read("out.failed.jsonl")
    #expect(failed.contains("no account serves the model strange"), "\(failed)")
  }

  @Test func `a parked account keeps no worker from the jobs that others serve`() throws {
    let folder = try Scratch()
    let open = try Provider(["--models", "wanted"], in: folder)
    let shut = try Provider(["--models", "other", "--account", "main=good"], in: folder)
    try folder.write("key", "bad")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600],
      ofItemAtPath: folder.path(of: "key")
    )
    try job(
      """
      accounts:
        - {name: shut, keys: "file:key", endpoints: \(shut.url), models: [other]}
        - {name: open, keys: env:REHEARSAL, endpoints: \(open.url), models: [wanted]}
      concurrency: 4
      """,
      jobs: 0,
      in: folder
    )
    for number in 0..<200 {
      let model = number % 2 == 0 ? "other" : "wanted"
      let line = #"{"id":"\#(number)","prompt":"Prompt \#(number)","model":"\#(model)"}"#
      try folder.append("in.jsonl", line + "\n")
    }
    let run = try Program(["run", "job.yaml", "--json"], in: folder)
    try folder.wait(for: "the open account's jobs") { folder.lines("out.jsonl").count == 100 }
    try Data("good".utf8).write(to: URL(fileURLWithPath: folder.path(of: "key")))
    let ending = run.ending()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try endpoints(folder) == [open.url: 100, shut.url: 100])
  }

  @Test func `data goes to allowed regions only`() throws {
    let folder = try Scratch()
    let near = try Provider(in: folder)
    let far = try Provider(in: folder)
    try job(
      """
      regions: [eu]
      accounts:
        - keys: env:REHEARSAL
          endpoints: [{url: \(far.url), region: us}, {url: \(near.url), region: eu}]
      """,
      jobs: 50,
      in: folder
    )
    let refused = try folder.nightjar(["run", "job.yaml", "--base-url", far.url])
    #expect(refused.status == 64)
    #expect(refused.errors.contains("job.yaml"), "\(refused.errors)")
    #expect(refused.errors.contains("regions eu"), "\(refused.errors)")
    let ending = try folder.nightjar(["run", "job.yaml"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(near.requests.count == 50 && far.requests.isEmpty)
  }
}
