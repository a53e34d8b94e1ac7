/// Where a batch stands.
package struct BatchSummary: Sendable, Equatable {
  /// Jobs found in the input so far.
  package var total = 0
  package var completed = 0
  package var failed = 0
  /// Jobs that the user took back before they had a result.
  package var cancelled = 0
  /// Jobs that wait for the user to say whether they are sent again; see ``OnUnknown``.
  package var held = 0
  /// Requests, over the life of the batch, that may have left before their worker died and may have
  /// been billed without an answer.
  package var unknown = 0
  /// Results that came after their lease was lost, and changed no state.
  package var late = 0
  /// How many of ``late`` were answers to jobs that had none, and were kept since they were paid.
  package var lateKept = 0
  package var traffic = Traffic()
  package var inputTokens = 0
  package var outputTokens = 0
  /// What the answers cost that have a price.
  package var cost = USD.zero
  /// The most that requests may have cost which left and got no answer.
  package var unanswered = USD.zero
  /// Completed jobs whose cost is unknown, since their model had no price.
  package var unpriced = 0
  /// True once the whole input has been read.
  package var isInputComplete = false
  /// How the accounts stood when that last changed, as JSON; empty before the first time.
  package var accounts = ""

  package init() {}

  /// The same with what is counted once the next worker takes it in.
  ///
  /// - Parameters:
  ///   - unknown: requests that may have left and have no answer.
  ///   - answered: requests whose answers were kept.
  ///   - unanswered: the most that those without an answer may have cost.
  package func counting(unknown: Int, answered: Int = 0, unanswered: USD) -> BatchSummary {
    var summary = self
    summary.unknown += unknown
    summary.traffic.requestsSent += unknown + answered
    summary.unanswered += unanswered
    return summary
  }

  /// True for a queue, which any number of workers may share.
  package var isQueue = false

  /// Jobs without a result that are not cancelled; held ones among them.
  package var pending: Int { total - completed - failed - cancelled }

  /// True when no job is left that a worker could take, now or later.
  package var isDrained: Bool { pending <= held }
}

/// What a batch was started with.
package struct BatchInput: Sendable, Equatable {
  /// Where the jobs come from.
  package enum Kind: String, Sendable {
    case file
    case folder
    case pipe
    /// Jobs come by `nightjar enqueue`, at any time.
    case queue
  }

  package let kind: Kind
  /// Absolute path of the file or folder; "-" for a pipe, empty for a queue.
  package let path: String

  package init(kind: Kind, path: String) {
    self.kind = kind
    self.path = path
  }
}
