import DequeModule
import Jobs
import Synchronization

/// Lets requests leave only while their worst case fits into the budget, and counts what they cost.
package final class Budget: Sendable {
  /// A request that may leave, and what is held for it.
  struct Reservation: Sendable {
    fileprivate let ask: Ask
    /// The most that it can cost; zero where that is unknown, which only happens without a budget.
    let amount: USD
  }

  /// A request that wants to leave.
  fileprivate struct Ask: Sendable {
    let model: String
    let price: Price?
    let bound: RequestBound?

    var worst: USD {
      guard let price, let bound else { return .zero }
      return price.worst(input: bound.input, output: bound.output)
    }
  }

  private struct Waiter {
    let ask: Ask
    let continuation: CheckedContinuation<Reservation?, Never>
  }

  private struct State {
    var budget: BudgetState
    var waiters = Deque<Waiter>()
    var isStopped = false
  }

  private let state: Mutex<State>
  private let prices: Prices
  private let countsCacheInInput: Bool
  private let stop: RunStop
  private let events: any EventSink
  private let charge: @Sendable (USD) -> Void

  /// - Parameters:
  ///   - cap: the most that the batch may cost; nil for no limit.
  ///   - spent: what it has cost before.
  ///   - charge: keeps what a request without an answer may have cost.
  init(
    _ cap: USD?,
    spent: USD,
    prices: Prices,
    provider: any Provider,
    stop: RunStop,
    events: any EventSink,
    charge: @escaping @Sendable (USD) -> Void
  ) {
    state = Mutex(State(budget: BudgetState(cap: cap, spent: spent)))
    self.prices = prices
    countsCacheInInput = provider.countsCacheInInput
    self.stop = stop
    self.events = events
    self.charge = charge
    stop.onStop { [weak self] in self?.turnAway() }
  }

  private var cap: USD? { state.withLock { $0.budget.cap } }

  /// Waits until the request may leave; nil when the run stops first.
  ///
  /// - Throws: ``RequestBound/Unbounded`` where nothing bounds what it can cost.
  func reserve(_ job: PreparedJob) async throws(RequestBound.Unbounded) -> Reservation? {
    let ask = try ask(job)
    if cap != nil, ask.price == nil {
      stop.stop(.unpriced(model: ask.model))
      return nil
    }
    return await withCheckedContinuation { continuation in
      change { $0.waiters.append(Waiter(ask: ask, continuation: continuation)) }
    }
  }

  /// Holds a request's worst case where there is room at once; nil where there is none.
  func reserveAtOnce(_ job: PreparedJob) -> Reservation? {
    guard let ask = try? ask(job) else { return nil }
    return state.withLock { state in
      guard state.waiters.isEmpty, case .granted(let amount) = state.budget.reserve(ask.worst)
      else {
        return nil
      }
      return Reservation(ask: ask, amount: amount)
    }
  }

  private func ask(_ job: PreparedJob) throws(RequestBound.Unbounded) -> Ask {
    let price = prices[job.shape.model]
    let bound =
      price == nil || cap == nil ? nil : try RequestBound(of: job.request, shape: job.shape)
    return Ask(model: job.shape.model, price: price, bound: bound)
  }

  /// Counts what a request was billed for; returns what its answer cost, nil where that is unknown.
  func close(_ reservation: Reservation, _ bill: Bill) -> USD? {
    let ask = reservation.ask
    var cost: USD?
    var unanswered = USD.zero
    switch bill {
    case .answered(let usage, let copies):
      cost = ask.price?.cost(of: usage, countsCacheInInput: countsCacheInInput)
      for _ in 0..<copies { unanswered += reservation.amount }
    case .unknown: unanswered = reservation.amount
    case .none, .cutOff: break
    }
    if unanswered > .zero { charge(unanswered) }
    let (spent, cap) = change { state in
      switch bill {
      case .answered:
        state.budget.settle(
          reservation.amount,
          cost: (cost ?? .zero) + unanswered,
          bound: unanswered == .zero ? ask.worst : nil
        )
      case .unknown, .cutOff: state.budget.forfeit(reservation.amount)
      case .none: state.budget.giveBack(reservation.amount)
      }
      return (state.budget.spent, state.budget.cap)
    }
    if ask.price != nil { events.record(.spent(spent, budget: cap)) }
    return cost
  }

  /// Keeps what an answer has cost that is no job's result.
  func keep(_ cost: USD) { charge(cost) }

  /// The request was not sent.
  func giveBack(_ reservation: Reservation) {
    change { $0.budget.giveBack(reservation.amount) }
  }

  private func turnAway() {
    change { $0.isStopped = true }
  }

  /// Changes the state, then lets those go whom the change concerns, the first that asked first.
  @discardableResult
  private func change<T: Sendable>(_ body: (inout State) -> T) -> T {
    var served: [(CheckedContinuation<Reservation?, Never>, Reservation?)] = []
    let (value, reason) = state.withLock { state in
      let value = body(&state)
      var reason: StopReason?
      serving: while let waiter = state.waiters.first {
        if state.isStopped {
          served.append((waiter.continuation, nil))
        } else {
          switch state.budget.reserve(waiter.ask.worst) {
          case .granted(let amount):
            served.append((waiter.continuation, Reservation(ask: waiter.ask, amount: amount)))
          case .wait: break serving
          case .exhausted:
            reason = Self.exhausted(state.budget, next: waiter.ask.worst)
            break serving
          }
        }
        state.waiters.removeFirst()
      }
      return (value, reason)
    }
    for (continuation, reservation) in served { continuation.resume(returning: reservation) }
    if let reason { stop.stop(reason) }
    return value
  }

  private static func exhausted(_ budget: BudgetState, next: USD) -> StopReason? {
    budget.cap.map { .budget(spent: budget.spent, cap: $0, next: next) }
  }
}
