import Glibc
import Secrets

/// One run of a command: reads what it prints until it ends, or makes it end.
///
/// Blocks, so it has a thread to itself.
struct CommandRun: ~Copyable {
  /// The most bytes of standard output, which is a key or a document with one in it.
  static let largestOutput = 1 << 20

  private let child: ChildProcess
  private let wakeUp: WakeUpPipe
  private var output: CommandPipe
  private var errors: CommandPipe
  private var patience: CommandPatience
  private var errorTail = CommandErrors()
  private var outputIsOpen = true
  private var errorsAreOpen = true
  private var hasEnded = false
  /// Why it was made to end, if it was.
  private var reason: CommandEnd?

  /// Starts the command.
  init(_ command: ShellCommand, _ wakeUp: WakeUpPipe) throws(KeySourceError) {
    var output = try CommandPipe()
    var errors = try CommandPipe()
    child = try ChildProcess(line: command.line, output: output.writing, errors: errors.writing)
    output.closeWriting()
    errors.closeWriting()
    self.output = output
    self.errors = errors
    self.wakeUp = wakeUp
    patience = CommandPatience(deadline: command.deadline, grace: command.grace, startedAt: .now)
  }

  /// Sees the command to its end.
  mutating func finish() throws(KeySourceError) -> CommandOutput {
    let (child, wakeUp) = (child, wakeUp)
    let isWatched = BackgroundThread.start {
      child.waitForEnd()
      wakeUp.wake(for: .ended)
    }
    guard isWatched else {
      _ = child.recover()
      throw ShellCommand.noThreads
    }
    let text = unsafe Secret(capacity: Self.largestOutput + 1) { unsafe follow(into: $0) }
    let end = hasEnded ? child.recover() : nil
    return CommandOutput(
      text: text.copy(),
      errors: errorTail.bytes,
      end: reason ?? end ?? .overdue
    )
  }

  /// Fills the room with the output until the command has ended, or has not even when killed;
  /// returns how much there is.
  private mutating func follow(into room: UnsafeMutableRawBufferPointer) -> Int {
    var used = 0
    while !hasEnded {
      wait(hasRoom: used < room.count)
      obeyCauses()
      // After the wake-up: nothing that it printed before its end is left out.
      unsafe readOutput(into: room, used: &used)
      readErrors()
      guard !hasEnded else { break }
      switch patience.action(unwanted: reason != nil, at: .now) {
      case .wait: break
      case .terminate:
        reason = reason ?? .overdue
        child.signal(SIGTERM)
      case .kill: child.signal(SIGKILL)
      case .abandon: return used
      }
    }
    return used
  }

  /// Sleeps until something is to be read, it is woken, or patience is at an end.
  private func wait(hasRoom: Bool) {
    let left = max(.zero, patience.next - .now) / Duration.milliseconds(1)
    let reads = Int16(POLLIN)
    var files = [
      pollfd(fd: wakeUp.reading, events: reads, revents: 0),
      pollfd(fd: outputIsOpen && hasRoom ? output.reading : -1, events: reads, revents: 0),
      pollfd(fd: errorsAreOpen ? errors.reading : -1, events: reads, revents: 0),
    ]
    _ = unsafe poll(&files, nfds_t(files.count), Int32(clamping: Int(left) + 1))
  }

  private mutating func obeyCauses() {
    while let cause = wakeUp.nextCause() {
      switch cause {
      case .ended: hasEnded = true
      case .cancelled: reason = reason ?? .cancelled
      }
    }
  }

  private mutating func readOutput(into room: UnsafeMutableRawBufferPointer, used: inout Int) {
    while outputIsOpen, used < room.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: room[used...])
      guard let count = unsafe output.read(into: rest) else { return }
      outputIsOpen = count > 0
      used += count
    }
    if used == room.count { reason = reason ?? .tooLong }
  }

  private mutating func readErrors() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    // As often as a full pipe needs, so that one who writes without end cannot keep us here.
    for _ in 0..<16 where errorsAreOpen {
      guard let count = unsafe buffer.withUnsafeMutableBytes({ unsafe errors.read(into: $0) })
      else { return }
      errorsAreOpen = count > 0
      errorTail.append(buffer[..<count])
    }
  }
}
