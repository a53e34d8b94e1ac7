import Runner
import Synchronization

/// A clock that stands still until a test turns it.
final class TestClock: RunClock {
  private struct Sleeper {
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now: ContinuousClock.Instant
    var turnsByItself = false
    var sleepers: [Int: Sleeper] = [:]
    var nextID = 0
    var cancelled: Set<Int> = []
    var watchers: [CheckedContinuation<ContinuousClock.Instant, Never>] = []
  }

  /// When the clock began.
  let start: ContinuousClock.Instant
  private let state: Mutex<State>

  init() {
    start = .now
    state = Mutex(State(now: start))
  }

  var now: ContinuousClock.Instant { state.withLock { $0.now } }

  /// Time since the beginning.
  var elapsed: Duration { now - start }

  var unixMilliseconds: Int { 1_000_000_000_000 + elapsed.milliseconds }

  func sleep(until deadline: ContinuousClock.Instant) async throws {
    let id = state.withLock { state in
      defer { state.nextID += 1 }
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enter(Sleeper(deadline: deadline, continuation: continuation), id)
      }
    } onCancel: {
      cancel(id)
    }
  }

  private func enter(_ sleeper: Sleeper, _ id: Int) {
    enum Answer {
      case cancelled, due, sleeps([CheckedContinuation<ContinuousClock.Instant, Never>])
    }
    let answer: Answer = state.withLock { state in
      if state.cancelled.remove(id) != nil { return .cancelled }
      if state.turnsByItself { state.now = max(state.now, sleeper.deadline) }
      if sleeper.deadline <= state.now { return .due }
      state.sleepers[id] = sleeper
      defer { state.watchers = [] }
      return .sleeps(state.watchers)
    }
    switch answer {
    case .cancelled: sleeper.continuation.resume(throwing: CancellationError())
    case .due: sleeper.continuation.resume()
    case .sleeps(let watchers):
      for watcher in watchers { watcher.resume(returning: sleeper.deadline) }
    }
  }

  private func cancel(_ id: Int) {
    let sleeper = state.withLock { state in
      let sleeper = state.sleepers.removeValue(forKey: id)
      if sleeper == nil { state.cancelled.insert(id) }
      return sleeper
    }
    sleeper?.continuation.resume(throwing: CancellationError())
  }

  /// Waits until somebody sleeps, and says until when the first one does.
  func nextDeadline() async -> ContinuousClock.Instant {
    await withCheckedContinuation { watcher in
      let earliest = state.withLock { state in
        let earliest = state.sleepers.values.map(\.deadline).min()
        if earliest == nil { state.watchers.append(watcher) }
        return earliest
      }
      if let earliest { watcher.resume(returning: earliest) }
    }
  }

  /// Turns the clock on, waking everyone whose time has come.
  func advance(by duration: Duration) {
    advance(to: now + duration)
  }

  func advance(to time: ContinuousClock.Instant) {
    let due = state.withLock { state in
      state.now = max(state.now, time)
      let due = state.sleepers.filter { $0.value.deadline <= time }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.sorted { $0.deadline < $1.deadline }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// Turns the clock from one sleeper's deadline to the next until `time` has come.
  func walk(to time: ContinuousClock.Instant) async {
    while now < time { advance(to: min(time, await nextDeadline())) }
  }

  /// From here on every sleep is over at once, and the time it would have taken has passed.
  func turnByItself() {
    let latest = state.withLock { state in
      state.turnsByItself = true
      return state.sleepers.values.map(\.deadline).max() ?? state.now
    }
    advance(to: latest)
  }
}
