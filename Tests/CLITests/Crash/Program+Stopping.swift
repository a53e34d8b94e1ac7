import Foundation
import Glibc

extension Program {
  /// Waits until the process is stopped, by itself or by a signal.
  ///
  /// - Returns: false when it has ended instead; one that does neither in a minute is killed.
  func isStopped() -> Bool {
    let patience = DispatchWorkItem { [pid] in kill(pid, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: patience)
    defer { patience.cancel() }
    var information = unsafe siginfo_t()
    // Its end is left for the one who waits for that.
    let options = WSTOPPED | WEXITED | WNOWAIT
    let answer = unsafe waitid(P_PID, id_t(pid), &information, options)
    return unsafe answer == 0 && information.si_code == Int32(CLD_STOPPED)
  }

  /// Stops the process where it is, in all of its threads; false when it has ended before.
  func freeze() -> Bool {
    send(signal: SIGSTOP)
    return isStopped()
  }
}
