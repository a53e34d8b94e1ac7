/// When a command that runs is told to end, and when it is made to.
package struct CommandPatience {
  /// What to do now.
  package enum Action: Equatable {
    /// Nothing until ``CommandPatience/next``, or until something happens.
    case wait
    /// Ask it to end (SIGTERM).
    case terminate
    /// Make it end (SIGKILL).
    case kill
    /// Not even that has helped: it hangs in the system. Go on without it.
    case abandon
  }

  private enum Phase {
    case running, terminated, killed
  }

  /// When to ask again, at the latest.
  package private(set) var next: ContinuousClock.Instant
  private let grace: Duration
  private var phase = Phase.running

  /// Begins when the command does.
  ///
  /// - Parameters:
  ///   - deadline: how long the command may run.
  ///   - grace: how long it has to end by itself when told to, and then when made to.
  ///   - start: when it began.
  package init(deadline: Duration, grace: Duration, startedAt start: ContinuousClock.Instant) {
    next = start + deadline
    self.grace = grace
  }

  /// What to do about a command that has not ended yet.
  ///
  /// - Parameters:
  ///   - unwanted: whether it is to end although its time is not up.
  ///   - now: the present.
  package mutating func action(unwanted: Bool, at now: ContinuousClock.Instant) -> Action {
    guard now >= next || (unwanted && phase == .running) else { return .wait }
    next = now + grace
    switch phase {
    case .running:
      phase = .terminated
      return .terminate
    case .terminated:
      phase = .killed
      return .kill
    case .killed: return .abandon
    }
  }
}
