internal import CLinux
internal import Glibc
internal import Synchronization

/// How tasks speak to a ``TransferLoop``: commands, and a wake-up that is only rung when it sleeps.
final class Mailbox: Sendable {
  /// Who waits for a transfer, resumed exactly once, by the loop.
  typealias Reply = CheckedContinuation<Result<HTTPResponse, TransportError>, Never>

  struct Submission: Sendable {
    let id: UInt64
    let request: HTTPRequest
    let reply: Reply
  }

  enum Command {
    case start(Submission)
    case cancel(id: UInt64)
    case retire(credential: UInt64)
    case stop(CheckedContinuation<Void, Never>?)
  }

  private struct State {
    var commands: [Command] = []
    var sleeps = false
    var closed = false
  }

  /// Readable when the loop has been woken.
  let bell: Int32
  private let state = Mutex(State())

  init() throws(TransportError) {
    bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard bell >= 0 else { throw .setup("eventfd") }
  }

  deinit {
    Glibc.close(bell)
  }

  /// Leaves a command for the loop; false when the loop has ended and nobody will read it.
  func post(_ command: Command) -> Bool {
    let (accepted, wake) = state.withLock { state in
      guard !state.closed else { return (false, false) }
      state.commands.append(command)
      defer { state.sleeps = false }
      return (true, state.sleeps)
    }
    if wake { eventfd_write(bell, 1) }
    return accepted
  }

  /// Moves what has arrived into an empty array, giving its storage in exchange.
  func collect(into commands: inout [Command]) {
    state.withLock { state in
      swap(&state.commands, &commands)
      state.sleeps = false
    }
  }

  /// Whether the loop may sleep; from then on the next command rings the bell.
  func prepareToSleep() -> Bool {
    state.withLock { state in
      state.sleeps = state.commands.isEmpty
      return state.sleeps
    }
  }

  /// Takes the last commands and refuses any further one.
  func close() -> [Command] {
    state.withLock { state in
      state.closed = true
      defer { state.commands = [] }
      return state.commands
    }
  }
}
