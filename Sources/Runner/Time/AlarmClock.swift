import HeapModule
import Synchronization

/// One timer for any number of sleepers, all of whom a drain wakes at once.
package final class AlarmClock: Sendable {
  /// Why a sleeper woke.
  package enum Wake: Sendable, Equatable {
    case elapsed
    /// The bell that it also listened to has rung.
    case rung
    case stopped
  }

  /// Something that many sleepers may wait for besides their time.
  package final class Bell: Sendable {
    fileprivate let state = Mutex((rings: 0, listeners: Set<Int>()))

    package init() {}

    /// The present, to listen from: taken before looking at what the bell tells of, so that a ring
    /// between the look and the sleep is heard.
    package var mark: Mark { Mark(bell: self, rings: state.withLock { $0.rings }) }
  }

  /// A moment in the life of a bell.
  package struct Mark: Sendable {
    fileprivate let bell: Bell
    fileprivate let rings: Int

    /// Listens; false when the bell has rung since.
    fileprivate func listen(_ sleeper: Int) -> Bool {
      bell.state.withLock { state in
        guard state.rings == rings else { return false }
        state.listeners.insert(sleeper)
        return true
      }
    }

    fileprivate func leave(_ sleeper: Int) {
      bell.state.withLock { _ = $0.listeners.remove(sleeper) }
    }
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
    var sleepers: [Int: (continuation: CheckedContinuation<Wake, Never>, mark: Mark?)] = [:]
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

  /// Sleeps until `deadline`, until a bell rings or until ``stop()``, whichever comes first.
  ///
  /// - Parameter mark: since when a ring of its bell counts.
  package func sleep(
    until deadline: ContinuousClock.Instant,
    orRingSince mark: Mark? = nil
  ) async -> Wake {
    await withCheckedContinuation { continuation in
      let wake = state.withLock { state -> Wake? in
        if state.isStopped { return .stopped }
        let id = state.nextID
        if let mark, !mark.listen(id) { return .rung }
        state.sleepers[id] = (continuation, mark)
        state.alarms.insert(Alarm(deadline: deadline, id: id))
        state.nextID += 1
        setTimer(&state)
        return nil
      }
      if let wake { continuation.resume(returning: wake) }
    }
  }

  /// Wakes those who listen to a bell.
  package func ring(_ bell: Bell) {
    let sleepers = state.withLock { state in
      let listeners = bell.state.withLock { bell in
        bell.rings += 1
        defer { bell.listeners = [] }
        return bell.listeners
      }
      return listeners.compactMap { state.sleepers.removeValue(forKey: $0)?.continuation }
    }
    for sleeper in sleepers { sleeper.resume(returning: .rung) }
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
      return state.sleepers.values.map(\.continuation)
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
        guard let sleeper = state.sleepers.removeValue(forKey: alarm.id) else { continue }
        sleeper.mark?.leave(alarm.id)
        due.append(sleeper.continuation)
      }
      state.timerDeadline = nil
      setTimer(&state)
      return due
    }
    for sleeper in due { sleeper.resume(returning: .elapsed) }
  }
}
