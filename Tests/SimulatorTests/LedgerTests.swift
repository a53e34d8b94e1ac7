import Foundation
import Simulator
import Testing

/// A line of the ledger file.
private struct Line: Decodable {
  let n: Int
  let t_ms: Int
  let path: String
  let key: String?
  let fingerprint: String?
  let prompt_hash: String?
  let id: String
  let outcome: String
  let status: Int?
  let input_tokens: Int
  let output_tokens: Int
}

/// The totals at `/simulator/ledger`.
private struct Totals: Decodable {
  struct Tally: Decodable {
    let requests: Int
    let served: Int
    let rate_limited: Int
    let input_tokens: Int
    let output_tokens: Int
    let outcomes: [String: Int]
  }
  let total: Tally
  let accounts: [String: Tally]
  let keys: [String: Tally]
  let distinct_prompts_served: Int
  let duplicates: [String: Int]
  let in_flight: Int
  let peak_in_flight: Int
}

struct LedgerTests {
  @Test func `the ledger agrees with what a client received`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let (replies, totals) = try await simulate({
      $0.ledgerPath = file.path()
      $0.keys = [try RehearsalKey(parsing: "main=\(rehearsalKey)")]
      $0.faults = try FaultPlan(parsing: [
        "429=0.1", "500=0.1", "529=0.1", "reset=0.15", "truncate=0.15", "malformed=0.15",
      ])
    }) { port in
      let replies = try await fetchPrompts(0..<50, port: port)
      let url = "http://127.0.0.1:\(port)"
      #expect(try await Curl(["-H", "x-api-key: wrong", "\(url)/v1/models"]).status == 401)
      let summary = try await Curl(["\(url)/simulator/ledger"])
      return (replies, try JSONDecoder().decode(Totals.self, from: Data(summary.body.utf8)))
    }
    var received: [String: Int] = ["401": 1]
    for reply in replies { received[reply.outcome, default: 0] += 1 }
    #expect(received.count == 8)
    #expect(totals.total.outcomes == received)
    #expect(totals.total.requests == 51)
    #expect(totals.total.served == received["served"])
    #expect(totals.total.rate_limited == received["429"])
    #expect(totals.accounts["main"]?.requests == 50)
    #expect(totals.accounts["unknown"]?.outcomes == ["401": 1])
    let (good, wrong) = (fingerprint(rehearsalKey), fingerprint("wrong"))
    #expect(totals.keys.mapValues(\.requests) == [good: 50, wrong: 1])
    #expect(totals.keys[wrong]?.outcomes == ["401": 1])
    #expect(totals.in_flight == 0)

    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    #expect(lines.map(\.n) == Array(1...51))
    var written: [String: Int] = [:]
    for line in lines { written[line.outcome, default: 0] += 1 }
    #expect(written == received)
    #expect(Set(lines.map(\.key)) == ["main", nil])
    #expect(Set(lines.map(\.fingerprint)) == [good, wrong])
    #expect(lines.reduce(0) { $0 + $1.output_tokens } == totals.total.output_tokens)
    #expect(try !String(contentsOf: file, encoding: .utf8).contains(rehearsalKey))
  }

  @Test func `a prompt that was served twice is named by its hash`() async throws {
    let totals = try await simulate { port in
      for prompt in ["once", "twice", "twice"] {
        #expect(try await Curl(.chatCompletions, port: port, prompt: prompt).status == 200)
      }
      let summary = try await Curl(["http://127.0.0.1:\(port)/simulator/ledger"])
      return try JSONDecoder().decode(Totals.self, from: Data(summary.body.utf8))
    }
    #expect(totals.distinct_prompts_served == 2)
    #expect(totals.duplicates == [String(fnv1a("twice".utf8), radix: 16): 2])
  }

  @Test func `requests under way are in the ledger already`() async throws {
    try await simulate({ $0.faults = try FaultPlan(parsing: ["hang=1"]) }) { port in
      _ = try await Curl(.messages, port: port, maxTime: 1)
      let hung = try await Curl(.messages, port: port, maxTime: 1)
      #expect(hung.exitCode == 28)
      let summary = try await Curl(["http://127.0.0.1:\(port)/simulator/ledger"])
      let totals = try JSONDecoder().decode(Totals.self, from: Data(summary.body.utf8))
      #expect(totals.total.outcomes == ["hang": 2])
      #expect(totals.total.served == 0)
    }
  }

  @Test func `a ledger that cannot be written is refused at once`() {
    var configuration = SimulatorConfiguration()
    configuration.ledgerPath = "/dev/null/ledger.jsonl"
    let error = #expect(throws: SimulatorError.self) { try SimulatorServer(configuration) }
    #expect(error?.description.hasPrefix("cannot write the ledger /dev/null/ledger.jsonl") == true)
  }

  private func fingerprint(_ key: String) -> String {
    String(fnv1a(key.utf8), radix: 16)
  }

  private func fetchPrompts(_ numbers: Range<Int>, port: Int) async throws -> [Curl] {
    try await withThrowingTaskGroup { group in
      for number in numbers {
        group.addTask { try await Curl(.messages, port: port, prompt: "Prompt \(number)") }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}

extension Curl {
  /// The outcome as a client sees it, in the ledger's words.
  fileprivate var outcome: String {
    switch (exitCode, status) {
    case (56, _): "reset"
    case (18, _): "truncated"
    case (0, 200?): isJSON ? "served" : "malformed"
    case (0, let status?): "\(status)"
    default: "curl \(exitCode)"
    }
  }
}
