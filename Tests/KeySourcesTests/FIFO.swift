import Glibc
import TestSupport

/// A named pipe by which a test learns that programs have started, and that all of them have ended.
final class FIFO: Sendable {
  let path: String
  private let reading: Int32

  init(in folder: TemporaryFolder) throws {
    path = folder.path + "/fifo"
    guard unsafe mkfifo(path, 0o600) == 0 else { throw TestServerError("no fifo") }
    reading = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  }

  deinit { close(reading) }

  /// Waits until a program has written something; false after 20 seconds.
  func waitForWord() -> Bool { wait(for: Int16(POLLIN)) }

  /// Waits until no program that wrote holds it open any more; false after 20 seconds.
  func waitForEnd() -> Bool { wait(for: Int16(POLLHUP)) }

  private func wait(for event: Int16) -> Bool {
    var file = pollfd(fd: reading, events: event, revents: 0)
    return unsafe poll(&file, 1, 20_000) == 1 && file.revents & event != 0
  }
}
