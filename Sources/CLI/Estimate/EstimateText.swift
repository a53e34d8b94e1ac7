import JSON
import Jobs
import Runner

/// An estimate in words, and as JSON.
struct EstimateText {
  private let estimate: Estimate
  private let spent: BatchSummary?
  private let time: Estimate.Time
  private let concurrency: Int
  private let budget: USD?

  /// - Parameter spent: where the batch stands; nil where it was not begun.
  init(
    _ estimate: Estimate,
    spent: BatchSummary?,
    time: Estimate.Time,
    concurrency: Int,
    budget: USD?
  ) {
    self.estimate = estimate
    self.spent = spent
    self.time = time
    self.concurrency = concurrency
    self.budget = budget
  }

  /// Lines for people.
  var lines: String {
    let left = estimate.left
    var lines = ["\(left.jobs) jobs to run of \(estimate.jobs)"]
    if estimate.unusable > 0 {
      lines[0] += "; \(estimate.unusable) more cannot be sent and will fail"
      lines += estimate.faults.map { "  - \($0)" }
      let untold = estimate.unusable - estimate.faults.count
      if untold > 0 { lines.append("  - and \(untold) more") }
    }
    lines.append("input:  about \(left.inputTokens) tokens")
    lines.append(
      "output: about \(left.outputTokens) tokens"
        + (estimate.unbounded == 0 ? ", at most \(left.mostOutput)" : "")
    )
    lines.append("cost:   \(cost)")
    lines.append("time:   about \(duration), bound by \(time.boundBy)")
    if let spent { lines.append("so far: \(spent.costText)") }
    if let budget { lines.append("budget: \(budget.text)") }
    return (lines + ["", "assumed:"] + assumptions.map { "  - \($0)" }).joined(separator: "\n")
  }

  private var cost: String {
    guard let cost = estimate.cost else {
      let models = estimate.unpriced.sorted().map(\.shown).joined(separator: ", ")
      return "unknown: no price for \(models); see 'nightjar prices'"
    }
    guard let most = estimate.mostCost else {
      return "about \(cost.text); \(estimate.unbounded) jobs could cost anything"
    }
    return "about \(cost.text), at most \(most.text)"
  }

  private var duration: String {
    let seconds = Int(saturating: time.seconds.rounded(.up))
    let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60)
    return hours > 0
      ? "\(hours) h \(minutes) min" : minutes > 0 ? "\(minutes) min" : "\(seconds) s"
  }

  private var assumptions: [String] {
    typealias Expectation = Estimate.Expectation
    var assumptions: [String] = []
    if estimate.shareRead < 1 {
      assumptions.append("the whole input is like the first \(percent(estimate.shareRead)) of it")
    }
    if let average = estimate.expectation.average {
      assumptions.append(
        "jobs are like those that this batch has finished: \(Int(saturating: average.input)) input and "
          + "\(Int(saturating: average.output)) output tokens each"
      )
    } else {
      assumptions.append(
        "input: a token for every \(Int(Expectation.bytesPerToken)) bytes of a request; at most one "
          + "for every byte, and more for tools and images"
      )
      if estimate.attached > 0 {
        let page = AttachmentRules.page
        assumptions.append(
          "images by what the provider says of their pixels; PDFs with \(page.expected) tokens a page, at "
            + "most \(page.most), and where nobody can tell the pages, as many as their size suggests"
        )
      }
      assumptions.append("output: \(percent(Expectation.outputShare)) of what max_tokens allows")
    }
    if estimate.unbounded > 0 {
      assumptions.append(
        "\(estimate.unbounded) jobs have no max_tokens, or bring files or tools of the provider: "
          + "\(Int(Expectation.openOutput)) output tokens each, and no most"
      )
    }
    assumptions += [
      "list prices of 'nightjar prices', without caching, service tiers, discounts, "
        + "retries and taxes",
      "time: the limits of the accounts used in full, at most \(concurrency) requests in flight, "
        + "answers after \(Int(Estimate.firstToken)) s at \(Int(Estimate.outputSpeed)) tokens a "
        + "second",
    ]
    return assumptions
  }

  private func percent(_ share: Double) -> String { "\(Int(saturating: share * 100)) %" }

  /// One line of JSON.
  var json: String {
    var line: [UInt8] = []
    let left = estimate.left
    let mostOutput = estimate.unbounded == 0 ? "\(left.mostOutput)" : "null"
    line.appendRaw("{\"jobs\":\(estimate.jobs),\"left\":\(left.jobs)")
    line.appendRaw(",\"unusable\":\(estimate.unusable),\"input_tokens\":\(left.inputTokens)")
    line.appendRaw(",\"output_tokens\":\(left.outputTokens),\"output_tokens_most\":\(mostOutput)")
    line.appendRaw(",\"cost_usd\":\(estimate.cost?.decimal ?? "null")")
    line.appendRaw(",\"cost_usd_most\":\(estimate.mostCost?.decimal ?? "null")")
    line.appendRaw(",\"spent_usd\":\((spent?.spent ?? .zero).decimal)")
    if let budget { line.appendRaw(",\"budget_usd\":\(budget.decimal)") }
    line.appendRaw(",\"time_s\":\(Int(saturating: time.seconds.rounded(.up))),\"bound_by\":")
    line.appendJSON(time.boundBy)
    let lists = [
      ("faults", estimate.faults), ("unpriced", estimate.unpriced.sorted()),
      ("assumptions", assumptions),
    ]
    for (name, texts) in lists {
      line.appendRaw(",\"\(name)\":[")
      for (index, text) in texts.enumerated() {
        if index > 0 { line.appendRaw(",") }
        line.appendJSON(text)
      }
      line.appendRaw("]")
    }
    line.appendRaw("}")
    return String(decoding: line, as: UTF8.self)
  }
}
