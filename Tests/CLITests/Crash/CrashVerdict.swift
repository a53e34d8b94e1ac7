import Foundation

/// Holds what a batch came to against what is promised, whatever was killed on the way.
///
/// A pure value: the files, the provider's own ledger and what each killed process left go in,
/// everything that is wrong comes out.
struct CrashVerdict {
  /// A request that reached the provider.
  struct Asked {
    let job: Int
    /// Where it stands in the provider's ledger, in bytes.
    let offset: Int
  }

  /// The numbers of all jobs.
  let jobs: [Int]
  let output: String
  let failures: String
  /// What a reader has seen who followed the output.
  let shown: String
  let asked: [Asked]
  let kills: [KilledProcess]
  let report: Report

  /// Requests beyond the first of each job.
  var sentAgain: Int { asked.count - Set(asked.map(\.job)).count }
  var inFlight: Int { kills.reduce(0) { $0 + $1.inFlight.count } }
  var unknown: Int { kills.reduce(0) { $0 + $1.unknown.count } }

  var summary: String {
    "\(jobs.count) jobs, \(kills.count) kills: \(inFlight) requests in flight at the kills, "
      + "\(sentAgain) jobs sent again, \(report.unknown) unknown"
  }

  /// What is not as promised, in plain words.
  var problems: [String] {
    outputProblems + requestProblems + keptProblems + reportProblems
  }

  // MARK: - Each job once

  private var outputProblems: [String] {
    var problems: [String] = []
    var found: [Int: Int] = [:]
    for (name, text) in [("results", output), ("failures", failures)] {
      if !text.isEmpty, !text.hasSuffix("\n") { problems.append("the \(name) end in a torn line") }
      for line in text.split(separator: "\n") {
        let job = name == "results" ? Self.completed(line) : Self.failed(line)
        if let job { found[job, default: 0] += 1 } else { problems.append("torn: \(line)") }
      }
    }
    for job in jobs where found[job] != 1 {
      problems.append("job \(job) has \(found[job] ?? 0) results")
    }
    if !output.utf8.starts(with: shown.utf8) {
      problems.append("lines that were shown have gone or changed")
    }
    return problems
  }

  /// The job of a line of the results, if that is whole and has the answer of its own job.
  private static func completed(_ line: Substring) -> Int? {
    let result = try? JSONDecoder().decode(ResultLine.self, from: Data(line.utf8))
    guard let result, let text = result.response.body.text else { return nil }
    let isOwn = text.hasPrefix("Rehearsal \(promptHash("Prompt \(result.custom_id)")) ")
    return isOwn ? Int(result.custom_id) : nil
  }

  private static func failed(_ line: Substring) -> Int? {
    let failure = try? JSONDecoder().decode(FailedLine.self, from: Data(line.utf8))
    guard let id = failure?.id, id.hasPrefix("7") else { return nil }
    return Int(id)
  }

  // MARK: - Nothing asked again but what was in flight

  private var requestProblems: [String] {
    let requests = Dictionary(grouping: asked, by: \.job).mapValues(\.count)
    var excuses: [Int: Int] = [:]
    for kill in kills {
      for job in kill.unknown { excuses[job, default: 0] += 1 }
    }
    var problems = jobs.compactMap { job -> String? in
      let count = requests[job] ?? 0
      let most = 1 + (excuses[job] ?? 0)
      return (1...most).contains(count)
        ? nil : "job \(job) was asked \(count) times, in flight at \(most - 1) kills"
    }
    if sentAgain > inFlight {
      problems.append("\(sentAgain) jobs sent again, \(inFlight) in flight at the kills")
    }
    return problems
  }

  /// What was answered and kept at a kill must not be asked after it.
  private var keptProblems: [String] {
    var kept: [Int: Int] = [:]
    for kill in kills {
      for job in kill.kept.union(kill.shown) where kept[job] == nil { kept[job] = kill.ledgerSize }
    }
    return asked.compactMap { request in
      guard let size = kept[request.job], request.offset >= size else { return nil }
      return "job \(request.job) was asked again after its answer was kept"
    }
  }

  // MARK: - What the user is told

  private var reportProblems: [String] {
    var problems: [String] = []
    if report.unknown != unknown {
      problems.append("\(report.unknown) reported as unknown, \(unknown) left by the kills")
    }
    if report.completed + report.failed != jobs.count || report.pending != 0 {
      problems.append(
        "\(report.completed) completed, \(report.failed) failed and \(report.pending) pending "
          + "reported of \(report.total) jobs"
      )
    }
    return problems
  }
}

extension Provider {
  /// Which job each request was for, of the jobs of ``prompts(_:)`` up to `jobs`.
  func asked(among jobs: Int) throws -> [CrashVerdict.Asked] {
    let numbers = Dictionary(
      uniqueKeysWithValues: (0..<jobs).map { (promptHash("Prompt \($0)"), $0) }
    )
    var offset = 0
    return try ledgerLines.compactMap { line in
      defer { offset += line.utf8.count + 1 }
      let request = try JSONDecoder().decode(Request.self, from: Data(line.utf8))
      return request.prompt_hash.flatMap { numbers[$0] }.map { .init(job: $0, offset: offset) }
    }
  }
}
