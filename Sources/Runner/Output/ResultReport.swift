import JSON
package import Jobs

/// Which results of a batch are not as asked for, and why.
package struct ResultReport: Sendable {
  /// Causes that are told; those behind them are rare.
  package static let most = 10

  /// Failures that have their code in common, with one of them as an example.
  package let failures: [(jobs: Int, example: FailedJob)]
  /// Answers that did not come to their natural end, by why.
  package let finishes: [(reason: String, jobs: Int)]

  package init(_ causes: [ResultCause] = []) {
    failures = causes.filter { $0.state == .failed }
      .compactMap { cause in
        FailedJob(line: cause.example).map { (cause.jobs, $0.named("number-\(cause.job + 1)")) }
      }
    finishes = causes.filter { $0.state == .completed }.map { ($0.cause, $0.jobs) }
  }

  /// Members of a JSON object.
  package var members: String {
    var text: [UInt8] = []
    text.appendRaw("\"failures\":[")
    for (place, failure) in failures.enumerated() {
      text.appendRaw(place > 0 ? ",{\"code\":" : "{\"code\":")
      text.appendJSON(failure.example.refusal.code)
      text.appendRaw(",\"status\":\(failure.example.refusal.status.map(String.init) ?? "null")")
      text.appendRaw(",\"jobs\":\(failure.jobs),\"example\":{\"id\":")
      text.appendJSON(failure.example.id)
      text.appendRaw(",\"message\":")
      text.appendJSON(failure.example.refusal.message)
      text.appendRaw("}}")
    }
    text.appendRaw("],\"finish\":{")
    for (place, finish) in finishes.enumerated() {
      text.appendRaw(place > 0 ? "," : "")
      text.appendJSON(finish.reason)
      text.appendRaw(":\(finish.jobs)")
    }
    text.appendRaw("}")
    return String(decoding: text, as: UTF8.self)
  }
}
