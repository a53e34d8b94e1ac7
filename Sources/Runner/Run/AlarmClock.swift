import HeapModule
import Synchronization

/// One timer for any number of sleepers, all of whom a drain wakes at once.
package final class AlarmClock: Sendable {
  /// Why a sleeper woke.
  package enum Wake: Sendable, Equatable {
    case elapsed
    case stopped
  }

  private struct Alarm: Comparable {
    let deadline: ContinuousClock.Instant
    let id: Int

    static func < (one: Alarm, other: Alarm) -> Bool {
      (one.deadline, one.id) < (other.deadline, other.id)
    }
  }

  private struct State {
    var alarms = Heap<Alarm>()
    var sleepers: [Int: CheckedContinuation<Wake, Never>] = [:]
    var nextID = 0
    var timer: Task<Void, Never>?
    var timerDeadline: ContinuousClock.Instant?
    var isStopped = false
  }

  private let clock: any RunClock
  private let state = Mutex(State())

  package init(clock: any RunClock) {
    self.clock = clock
  }

  package var now: ContinuousClock.Instant { clock.now }

  /// Sleeps until `deadline` or until ``stop()``, whichever comes first.
  package func sleep(until deadline: ContinuousClock.Instant) async -> Wake {
    await withCheckedContinuation { continuation in
      let isStopped = state.withLock { state in
        if state.isStopped { return true }
        state.sleepers[state.nextID] = continuation
        state.alarms.insert(Alarm(deadline: deadline, id: state.nextID))
        state.nextID += 1
        setTimer(&state)
        return false
      }
      if isStopped { continuation.resume(returning: .stopped) }
    }
  }

  /// Wakes everyone and lets nobody sleep any more.
  package func stop() {
    let sleepers = state.withLock { state in
      state.isStopped = true
      state.timer?.cancel()
      defer {
        state.sleepers = [:]
        state.alarms = Heap()
      }
      return Array(state.sleepers.values)
    }
    for sleeper in sleepers { sleeper.resume(returning: .stopped) }
  }

  /// Keeps one task asleep until the earliest alarm.
  private func setTimer(_ state: inout State) {
    guard let earliest = state.alarms.min?.deadline else { return }
    if let current = state.timerDeadline, current <= earliest { return }
    state.timer?.cancel()
    state.timerDeadline = earliest
    state.timer = Task { [clock] in
      do { try await clock.sleep(until: earliest) } catch { return }
      self.ring()
    }
  }

  private func ring() {
    let now = clock.now
    let due = state.withLock { state in
      var due: [CheckedContinuation<Wake, Never>] = []
      while let alarm = state.alarms.min, alarm.deadline <= now {
        state.alarms.removeMin()
        if let sleeper = state.sleepers.removeValue(forKey: alarm.id) { due.append(sleeper) }
      }
      state.timerDeadline = nil
      setTimer(&state)
      return due
    }
    for sleeper in due { sleeper.resume(returning: .elapsed) }
  }
}
