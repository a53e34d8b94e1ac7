internal import CLinux
internal import Glibc
internal import Synchronization

/// How tasks speak to a ``TransferLoop``: commands, and a wake-up that is only sent while it sleeps.
///
/// It also executes tasks on the loop's own thread, between two turns: what they send and what they
/// get back then changes no thread.
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
    case release(body: UInt64)
    case stop(CheckedContinuation<Void, Never>?)
  }

  private struct State {
    var commands: [Command] = []
    var jobs: [UnownedJob] = []
    var sleeps = false
    var closed = false
  }

  /// Becomes readable when the loop is woken.
  let wakeUp: Int32
  private let state = Mutex(State())
  private let thread = Atomic<pthread_t>(0)

  init() throws(TransportError) {
    wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard wakeUp >= 0 else { throw .setup("eventfd") }
  }

  deinit {
    Glibc.close(wakeUp)
  }

  /// Whether the caller runs on the loop's own thread.
  var isCurrent: Bool { thread.load(ordering: .relaxed) == pthread_self() }

  /// Tells that the loop runs on the thread that calls this.
  func takeThread() { thread.store(pthread_self(), ordering: .relaxed) }

  /// Leaves a command for the loop; false when the loop has ended and nobody will read it.
  func post(_ command: Command) -> Bool {
    let (accepted, wake) = state.withLock { state in
      guard !state.closed else { return (false, false) }
      state.commands.append(command)
      defer { state.sleeps = false }
      return (true, state.sleeps)
    }
    if wake { eventfd_write(wakeUp, 1) }
    return accepted
  }

  /// Moves what has arrived into empty arrays, giving their storage in exchange.
  func collect(into commands: inout [Command], _ jobs: inout [UnownedJob]) {
    state.withLock { state in
      swap(&state.commands, &commands)
      swap(&state.jobs, &jobs)
      state.sleeps = false
    }
  }

  /// Whether the loop may sleep; from then on the next command or job wakes it.
  func prepareToSleep() -> Bool {
    state.withLock { state in
      state.sleeps = state.commands.isEmpty && state.jobs.isEmpty
      return state.sleeps
    }
  }

  /// Takes the last commands and refuses any further one; jobs run elsewhere from now on.
  func close() -> [Command] {
    let (commands, jobs) = state.withLock { state in
      state.closed = true
      defer { (state.commands, state.jobs) = ([], []) }
      return (state.commands, state.jobs)
    }
    for job in jobs { enqueueElsewhere(job) }
    return commands
  }
}

extension Mailbox: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let (accepted, wake) = state.withLock { state in
      guard !state.closed else { return (false, false) }
      state.jobs.append(job)
      defer { state.sleeps = false }
      return (true, state.sleeps)
    }
    if wake { eventfd_write(wakeUp, 1) }
    if !accepted { enqueueElsewhere(job) }
  }

  /// Runs jobs on the thread of the loop, which calls this.
  func run(_ jobs: [UnownedJob]) {
    let executor = unsafe asUnownedTaskExecutor()
    for job in jobs { unsafe job.runSynchronously(on: executor) }
  }

  private func enqueueElsewhere(_ job: UnownedJob) {
    globalConcurrentExecutor.enqueue(ExecutorJob(job))
  }
}
