import Jobs
import Synchronization

/// A machine whose time moves only when it is told to.
struct ManualClock: Sendable {
  private final class Time: Sendable {
    let milliseconds: Mutex<Int>
    init(_ start: Int) { milliseconds = Mutex(start) }
  }

  private let time: Time
  /// Leases by this clock.
  let lease: LeaseClock

  /// - Parameters:
  ///   - boot: names the machine's start.
  ///   - start: milliseconds that the machine has been up for.
  init(boot: String = "first start", at start: Int = 1_000_000) {
    let time = Time(start)
    self.time = time
    lease = LeaseClock(boot: boot) { time.milliseconds.withLock { $0 } }
  }

  var now: Int { lease.now }

  func advance(by milliseconds: Int) {
    time.milliseconds.withLock { $0 += milliseconds }
  }
}
