/// When a request that takes long is sent a second time elsewhere, and how much that may cost.
package struct HedgePolicy: Sendable, Equatable {
  /// How old a request must be.
  package enum Age: Sendable, Equatable {
    case fixed(Duration)
    /// As long as 99 of the last 100 answers took at most.
    case p99
  }

  package let after: Age
  /// The share of all tokens sent that second requests may take, above 0 and at most 1.
  package let budget: Double

  package init(after: Age = .p99, budget: Double = 0.005) {
    self.after = after
    self.budget = budget
  }
}
