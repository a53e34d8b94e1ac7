import Jobs
import Runner

/// The words for results that are not as asked for.
struct ResultText {
  let report: ResultReport
  /// The batch as commands name it.
  let target: String

  /// For each cause a line with its count and an example, and one with what to do next.
  var lines: [String] { failures + finishes }

  private var failures: [String] {
    report.failures.flatMap { count, example in
      [
        "\(jobs(count)) failed with \(example.refusal.words) (such as job \(example.id))",
        "  next: "
          + example.refusal.advice.replacing("`nightjar retry`", with: "`nightjar retry \(target)`"),
      ]
    }
  }

  private var finishes: [String] {
    report.finishes.flatMap { reason, count in
      let words = Self.words[reason].map { ", \($0)" } ?? ""
      return [
        "\(count) \(count == 1 ? "answer" : "answers") ended with \(reason)\(words)",
        "  next: they are results; `nightjar retry \(target) --finish \(reason)` drops them, and the "
          + "command of the run pays for new ones"
          + (reason == "length" ? ", with a larger --max-tokens and --allow-changed" : ""),
      ]
    }
  }

  private static let words = [
    "length": "cut at the most tokens that they might have (--max-tokens)",
    "refusal": "refused by the model",
    "content_filter": "cut by the provider's filter", "empty": "without any choice or text",
  ]
}
