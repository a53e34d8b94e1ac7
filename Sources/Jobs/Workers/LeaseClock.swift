import FoundationEssentials
import Glibc

/// The clock that the leases of one machine are kept by: it never steps, whatever happens to the
/// time of day, counts while the machine sleeps, and is the same for all of its processes.
///
/// It starts anew with the machine (CLOCK_BOOTTIME, clock_gettime(2)), so a time is only worth
/// something together with ``boot``: after another start every worker of before is dead.
package struct LeaseClock: Sendable {
  /// Names the machine's start; times of another one mean nothing.
  package let boot: String
  private let read: @Sendable () -> Int

  /// - Parameter read: milliseconds since the start that `boot` names.
  package init(boot: String, read: @escaping @Sendable () -> Int) {
    self.boot = boot
    self.read = read
  }

  /// The clock of this machine.
  package static let system = LeaseClock(boot: currentBoot) {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
  }

  /// Milliseconds since the machine started.
  package var now: Int { read() }

  private static var currentBoot: String {
    let path = "/proc/sys/kernel/random/boot_id"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "unknown"
    return text.filter { !$0.isWhitespace }
  }
}
