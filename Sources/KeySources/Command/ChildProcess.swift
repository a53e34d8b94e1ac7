import CLinux
import Glibc

/// A shell that runs one command line, in a process group of its own.
struct ChildProcess {
  private let pid: pid_t

  /// Starts `/bin/sh -c LINE`.
  ///
  /// It gets nothing to read, the environment of ``ChildEnvironment``, no open file but the three
  /// standard ones, no blocked signal, and the default handling of each.
  ///
  /// - Parameters:
  ///   - line: the command line.
  ///   - output: becomes its standard output.
  ///   - errors: becomes its standard error.
  /// - Throws: ``KeySourceError`` of kind `unavailable` when the system gives no more processes.
  init(line: String, output: Int32, errors: Int32) throws(KeySourceError) {
    var files = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&files)
    defer { unsafe posix_spawn_file_actions_destroy(&files) }
    unsafe posix_spawn_file_actions_adddup2(&files, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&files, errors, 2)
    unsafe posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addclosefrom_np(&files, 3)

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    Self.separate(&attributes)

    var pid: pid_t = 0
    let status = unsafe ChildEnvironment().withEntries { environment in
      unsafe "sh".withCString { name in
        unsafe "-c".withCString { option in
          unsafe line.withCString { line in
            let arguments = unsafe [name, option, line, nil].map {
              unsafe UnsafeMutablePointer(mutating: $0)
            }
            return unsafe posix_spawn(
              &pid,
              "/bin/sh",
              &files,
              &attributes,
              arguments,
              environment
            )
          }
        }
      }
    }
    guard status == 0 else {
      throw KeySourceError(.unavailable, "cannot start /bin/sh: \(SecretFile.reason(status))")
    }
    self.pid = pid
  }

  /// Gives the child a group and a clean slate of signals: this process's threads block them.
  private static func separate(_ attributes: inout posix_spawnattr_t) {
    var none = sigset_t()
    var all = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
  }

  /// Sends a signal to the whole group; only before ``recover()``, after which the number may be
  /// somebody else's.
  func signal(_ number: Int32) {
    kill(-pid, number)
  }

  /// Waits until the shell has ended, and leaves it to be taken.
  func waitForEnd() {
    var information = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
  }

  /// How the shell ended, once it has; ends what is left of its group.
  func recover() -> CommandEnd {
    signal(SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? .exit(status: status >> 8 & 0xFF) : .signal(signal)
  }
}

/// How a command ended.
enum CommandEnd: Equatable {
  case exit(status: Int32)
  case signal(Int32)
  /// It was ended because its time was up.
  case overdue
  /// It was ended because it printed more than a key.
  case tooLong
  /// It was ended because nobody waits for it any more.
  case cancelled
}
