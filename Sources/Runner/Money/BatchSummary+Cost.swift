package import Jobs

extension BatchSummary {
  /// The cost as members of a JSON object: `cost_usd`, null where it is unknown because a completed
  /// job's model had no price, and `unanswered_usd`, the most that requests without an answer may
  /// have cost besides.
  package var costMembers: String {
    let cost = unpriced > 0 ? "null" : cost.decimal
    return "\"cost_usd\":\(cost),\"unanswered_usd\":\(unanswered.decimal)"
  }

  /// The cost in words for people.
  package var costText: String {
    guard unpriced == 0 else {
      let what = unpriced == 1 ? "of 1 job" : "of \(unpriced) jobs"
      return "cost unknown (\(what): no price of the model, or no usage in the answer)"
    }
    let more = unanswered > .zero ? " and at most \(unanswered.text) without an answer" : ""
    return cost.text + more
  }

  /// What counts against a budget: answers, and what requests without one may have cost.
  package var spent: USD { cost + unanswered }
}
