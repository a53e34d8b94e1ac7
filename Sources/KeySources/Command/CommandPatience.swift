/// When a command that runs is told to end, and when it is made to.
struct CommandPatience {
  /// What to do now.
  enum Action: Equatable {
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
  private(set) var next: ContinuousClock.Instant
  private let grace: Duration
  private var phase = Phase.running

  /// - Parameters:
  ///   - deadline: how long the command may run.
  ///   - grace: how long it has to end by itself when told to.
  init(deadline: Duration, grace: Duration, startedAt start: ContinuousClock.Instant) {
    next = start + deadline
    self.grace = grace
  }

  /// - Parameter unwanted: whether it is to end although its time is not up.
  mutating func action(unwanted: Bool, at now: ContinuousClock.Instant) -> Action {
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
