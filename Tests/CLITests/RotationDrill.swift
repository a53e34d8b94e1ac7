import Foundation
import Glibc
import TestSupport
import Testing

/// A run under load whose key changes while it works, at a provider that refuses the old one.
struct RotationDrill {
  private static let concurrency = 50

  let folder: Scratch
  let provider: Provider
  let jobs: Int

  /// A provider that accepts the first key, and work for it.
  init(jobs: Int) throws {
    self.jobs = jobs
    folder = try Scratch()
    provider = try Provider(["--account", "main=\(Self.key(1))", "--latency", "150ms"], in: folder)
    try folder.write("in.jsonl", prompts(0..<jobs))
  }

  /// The key of a number, made up.
  static func key(_ number: Int) -> String { "sk-rehearsal-\(number)-\(number * 7919)-made-up" }

  /// Starts the run with the key of a reference.
  func start(_ reference: String, environment: [String: String] = [:]) throws -> Program {
    try Program(
      ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "\(Self.concurrency)"]
        + provider.flags(key: reference),
      in: folder,
      environment: environment
    )
  }

  /// Puts a key into a file at once, as a rename does.
  func put(_ key: String, into name: String = "key") throws {
    try folder.write("next", key + "\n")
    let (next, file) = (folder.path(of: "next"), folder.path(of: name))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: next)
    #expect(unsafe rename(next, file) == 0)
  }

  /// Waits until the run has this many results.
  func wait(forResults count: Int) throws {
    try folder.wait(for: "\(count) results") { results >= count }
  }

  /// How many results there are.
  var results: Int {
    let bytes = FileManager.default.contents(atPath: folder.path(of: "out.jsonl")) ?? Data()
    return bytes.count { $0 == UInt8(ascii: "\n") }
  }

  /// Waits until every request that was on its way has ended, and as many more.
  func waitForTurnover() throws { try wait(forResults: results + 2 * Self.concurrency) }

  /// Changes the key again and again in mid-run, each time when the one before has served.
  ///
  /// - Parameter change: moves from the key of one number to that of the next, everywhere.
  func rotate(times: Int, _ change: (_ old: String, _ new: String) throws -> Void) throws {
    for number in 1...times {
      try waitForTurnover()
      try change(Self.key(number), Self.key(number + 1))
    }
  }

  /// Waits for the end, and checks that no job, no attempt and no trace was lost.
  ///
  /// - Parameter keys: how many keys have served.
  func expectNothingLost(
    _ program: Program,
    keys: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let ending = program.ending()
    #expect(ending.status == 0, "\(ending.errors)", sourceLocation: sourceLocation)
    let report = try ending.report()
    #expect(report.completed == jobs, sourceLocation: sourceLocation)
    #expect(report.failed + report.retries + report.unknown == 0, sourceLocation: sourceLocation)
    try folder.expectResults(0..<jobs, sourceLocation: sourceLocation)
    let charged = try folder.results().count { $0.nightjar.attempts != 1 }
    #expect(charged == 0, "jobs were charged for their key", sourceLocation: sourceLocation)
    let seen = try provider.totals()
    #expect(report.requests_sent == seen.total.requests, sourceLocation: sourceLocation)
    let audited = try folder.auditedAttempts()
    #expect(audited == seen.keys.mapValues(\.requests), sourceLocation: sourceLocation)
    let served = seen.keys.values.count { $0.served > 0 }
    // The jobs may be done before the last key has its turn.
    #expect(((keys - 1)...keys).contains(served), "\(seen.keys)", sourceLocation: sourceLocation)
  }
}

extension Provider {
  /// What `/simulator/ledger` adds up.
  struct Totals: Decodable {
    struct Tally: Decodable {
      let requests: Int
      let served: Int
    }
    let total: Tally
    /// By fingerprint.
    let keys: [String: Tally]
  }

  func totals() throws -> Totals {
    let text = try Tool.output("curl", ["-sSf", "\(url)/simulator/ledger"])
    return try JSONDecoder().decode(Totals.self, from: Data(text.utf8))
  }

  /// Accepts a key from now on.
  func add(_ key: String, to account: String = "main") throws {
    try change(#"{"add":{"account":"\#(account)","key":"\#(key)"}}"#)
  }

  /// Refuses a key from now on.
  func revoke(_ key: String) throws {
    try change(#"{"revoke":"\#(key)"}"#)
  }

  private func change(_ change: String) throws {
    try Tool.run("curl", ["-sSf", "-d", change, "\(url)/simulator/keys"])
  }
}

extension Scratch {
  private struct AuditLine: Decodable {
    let event: String
    let fingerprint: String?
    let count: Int?
  }

  /// How many attempts each key served by the audit log, whose chain is checked.
  fileprivate func auditedAttempts() throws -> [String: Int] {
    let check = try nightjar(["keys", "audit", "out.jsonl", "--verify"])
    #expect(check.status == 0, "\(check.errors)")
    let lines = try nightjar(["keys", "audit", "out.jsonl", "--json"]).output.split(separator: "\n")
    let entries = try lines.map { line in
      try JSONDecoder().decode(AuditLine.self, from: Data(line.utf8))
    }
    return entries.filter { $0.event == "attempts" }.reduce(into: [:]) { attempts, entry in
      attempts[entry.fingerprint ?? "unknown", default: 0] += entry.count ?? 0
    }
  }
}
