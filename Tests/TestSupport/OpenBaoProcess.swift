import Foundation
import Glibc
import Synchronization

/// A `bao` that runs until it is killed, for fifty minutes at most.
///
/// It is not started by Foundation's `Process`, whose child would inherit what other children of
/// the same moment are watched by, and would make them seem to live as long as it does.
final class OpenBaoProcess: Sendable {
  /// The process, and the group that it leads; `timeout`, which bounds it, is in it too.
  private let group: pid_t
  private let isRunning = Mutex(true)
  /// Kept open: without a reader the program would end at its next line.
  private let log: FileHandle

  /// Starts it, and waits until it says that it is ready.
  init(_ arguments: [String], home: String, untilItSays ready: String) throws {
    let pipe = Pipe()
    log = pipe.fileHandleForReading
    group = try Self.spawn(
      ["/bin/bash", "-c", Self.script, Tool.find("bao") ?? "bao"] + arguments,
      environment: ["HOME=\(home)", "PATH=/usr/bin:/bin"],
      output: pipe.fileHandleForWriting.fileDescriptor
    )
    try pipe.fileHandleForWriting.close()
    var text = ""
    while !text.contains(ready) {
      let more = log.availableData
      guard !more.isEmpty else { throw TestServerError("bao did not start: \(text)") }
      text += String(decoding: more, as: UTF8.self)
    }
    // A full pipe would stop it; nobody else's work must keep it from being read.
    Thread.detachNewThread { [log] in
      while !log.availableData.isEmpty {}
    }
  }

  deinit { kill() }

  /// Ends it at once, as kill -9 does.
  func kill() {
    isRunning.withLock { isRunning in
      guard isRunning else { return }
      Glibc.kill(-group, SIGKILL)
      _ = waitpid(group, nil, 0)
      isRunning = false
    }
  }

  /// Lets go of all file descriptors but the standard ones, and becomes the program.
  private static let script = #"""
    for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd < 3)) || exec {fd}>&-; done
    exec timeout -s KILL 3000 "$0" "$@"
    """#

  /// Starts a program in a group of its own, which hears all signals.
  private static func spawn(
    _ arguments: [String],
    environment: [String],
    output: Int32
  ) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (argv + envp).forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let problem = unsafe posix_spawn(&pid, arguments[0], &actions, &attributes, &argv, &envp)
    guard problem == 0 else { throw TestServerError("bao did not start: error \(problem)") }
    return pid
  }
}
