import CLinux
import Glibc

/// A pipe that no child inherits by accident, and whose reading end does not block.
struct CommandPipe: ~Copyable {
  let reading: Int32
  private(set) var writing: Int32

  /// - Throws: ``KeySourceError`` of kind `unavailable` when no file may be opened any more.
  init() throws(KeySourceError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else {
      throw KeySourceError(.unavailable, "cannot run a command: \(SecretFile.reason(errno))")
    }
    (reading, writing) = (ends[0], ends[1])
    _ = fcntl(reading, F_SETFL, O_NONBLOCK)
  }

  deinit {
    close(reading)
    if writing >= 0 { close(writing) }
  }

  /// Closes this process's writing end, so that the last other writer's going ends the pipe.
  mutating func closeWriting() {
    close(writing)
    writing = -1
  }

  /// Reads what is there; 0 at the end of the pipe, nil where nothing is there yet.
  borrowing func read(into room: UnsafeMutableRawBufferPointer) -> Int? {
    let count = unsafe Glibc.read(reading, room.baseAddress, room.count)
    return count >= 0 ? count : nil
  }
}

/// Wakes the thread that waits for a command, from any thread.
final class WakeUpPipe: Sendable {
  enum Cause: UInt8 {
    case ended, cancelled
  }

  private let pipe: CommandPipe

  var reading: Int32 { pipe.reading }

  init() throws(KeySourceError) {
    pipe = try CommandPipe()
  }

  func wake(for cause: Cause) {
    var byte = cause.rawValue
    _ = unsafe write(pipe.writing, &byte, 1)
  }

  /// The next cause, or nil where there is none.
  func nextCause() -> Cause? {
    var byte: UInt8 = 0
    return unsafe Glibc.read(pipe.reading, &byte, 1) == 1 ? Cause(rawValue: byte) : nil
  }
}
