/// Where a batch stands.
package struct BatchSummary: Sendable, Equatable {
  /// Jobs found in the input so far.
  package var total = 0
  package var completed = 0
  package var failed = 0
  /// Jobs whose request may have left when an earlier run died, so that it may have been billed.
  package var unknown = 0
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

  /// Jobs without a result.
  package var pending: Int { total - completed - failed }
}

/// What a batch was started with.
package struct BatchInput: Sendable, Equatable {
  /// Where the jobs come from.
  package enum Kind: String, Sendable {
    case file
    case folder
    case pipe
  }

  package let kind: Kind
  /// Absolute path of the file or folder; "-" for a pipe.
  package let path: String

  package init(kind: Kind, path: String) {
    self.kind = kind
    self.path = path
  }
}
