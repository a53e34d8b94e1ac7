import CCrypto
import CLinux
import Glibc

/// Makes the process give away less of its memory and its TLS sessions.
package enum ProcessHardening {
  /// Variables by which the environment can make libcurl write TLS session keys to a file, or
  /// libcrypto load configuration and code of somebody else.
  private static let unwanted = [
    "SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES",
  ]

  /// Signals of a crash, which the Swift runtime answers with a report that quotes the memory around
  /// every register, and that the system answers in the usual way once it is told to.
  private static let crashes = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

  /// Forbids core dumps, crash reports and reading of this process by others of the same user, and
  /// removes the environment variables that libcurl and libcrypto should not obey.
  ///
  /// Call it first thing in `main`: before another thread exists (the environment changes) and
  /// before libcurl or libcrypto is used. Root can still read everything.
  package static func apply() {
    openStandardDescriptors()
    // Both, because a core pattern that pipes to a program ignores the size limit.
    _ = nightjar_set_not_dumpable()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    for number in crashes { signal(number, SIG_DFL) }
    for name in unwanted { unsafe unsetenv(name) }
    // Otherwise libcrypto dismantles itself in exit() while other threads are still using it.
    _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
  }

  /// Whatever is opened later would get the number of one that is closed, and what is printed there.
  ///
  /// Results that go to a closed standard output are not to vanish: writing there fails as before.
  private static func openStandardDescriptors() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", number == STDOUT_FILENO ? O_RDONLY : O_RDWR)
    }
  }

  /// Whether other processes of the same user may read this one, and crashes may dump it.
  package static var isDumpable: Bool { nightjar_is_dumpable() != 0 }
}
