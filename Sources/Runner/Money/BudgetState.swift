package import Jobs

/// Holds spending under a cap, as a pure value: what is in flight is counted at its worst case.
package struct BudgetState: Sendable, Equatable {
  /// What a request that wants to leave gets.
  package enum Answer: Sendable, Equatable {
    /// It may leave; its worst case is reserved, which is what ``settle(_:cost:bound:)`` and the others
    /// take.
    case granted(USD)
    /// Not now, but what others turn out to have cost may leave room for it.
    case wait
    /// Nothing is in flight that could leave room.
    case exhausted
  }

  /// The most that may be spent; nil for no limit.
  package let cap: USD?
  /// What answers have cost, and what requests without an answer may have.
  package private(set) var spent: USD
  /// The worst case of all that is in flight.
  package private(set) var reserved = USD.zero
  package private(set) var inFlight = 0
  /// What those in flight were asked for, before any was raised.
  private var asked = USD.zero
  /// How many times its bound a request has cost at most, with a quarter for room; 1 while none has
  /// cost more than its bound.
  private var excess = 1.0

  /// - Parameter spent: what the batch has cost before.
  package init(cap: USD?, spent: USD = .zero) {
    self.cap = cap
    self.spent = spent
  }

  /// Asks to send a request that costs at most `worst`.
  package mutating func reserve(_ worst: USD) -> Answer {
    let amount = raised(worst)
    guard isRoom(for: amount) else { return inFlight > 0 ? .wait : .exhausted }
    reserved += amount
    asked += worst
    inFlight += 1
    return .granted(amount)
  }

  /// Those that left before bounds were raised are taken for as dear as those that follow.
  private func isRoom(for amount: USD) -> Bool {
    cap.map { spent + max(reserved, raised(asked)) + amount <= $0 } ?? true
  }

  /// A bound that a provider does not keep, such as one that counts tokens which nobody sent, is
  /// raised for all that follow.
  private func raised(_ worst: USD) -> USD {
    excess == 1 ? worst : USD(nanos: Int(min(Double(worst.nanos) * excess, 1e14)))
  }

  /// The answer is there and cost so much.
  ///
  /// - Parameters:
  ///   - worst: the worst case that was asked for; the reservation itself where it was not raised.
  ///   - isJudged: whether the cost is that of one answer, which the worst case should have bounded.
  package mutating func settle(
    _ reservation: USD,
    cost: USD,
    worst: USD? = nil,
    isJudged: Bool = true
  ) {
    giveBack(reservation, worst: worst)
    // Nobody can be billed for more than was agreed to, so what is above is a mistake.
    spent += cap == nil || !isJudged ? cost : min(cost, reservation)
    guard isJudged, let worst, worst > .zero, cost > worst else { return }
    let times = Double(cost.nanos) / Double(worst.nanos)
    if times <= Self.mostTimes { excess = max(excess, 1.25 * times) }
  }

  /// So many times its bound a request may be taken to cost; more is no way of counting.
  private static let mostTimes = 16.0

  /// The request may have left and no answer came: it may have been billed in full.
  package mutating func forfeit(_ reservation: USD, worst: USD? = nil) {
    settle(reservation, cost: reservation, worst: worst, isJudged: false)
  }

  /// A request has ended.
  package mutating func close(_ reservation: USD, _ billed: Billed, worst: USD) {
    switch billed {
    case .answered(let cost, let unanswered):
      settle(
        reservation,
        cost: cost + unanswered,
        worst: worst,
        isJudged: unanswered == .zero
      )
    case .maybe: forfeit(reservation, worst: worst)
    case .nothing: giveBack(reservation, worst: worst)
    }
  }

  /// The request never left, or was refused in a way that is not billed.
  package mutating func giveBack(_ reservation: USD, worst: USD? = nil) {
    reserved -= reservation
    asked -= worst ?? reservation
    inFlight -= 1
  }
}
