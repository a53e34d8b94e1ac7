import Glibc

/// A terminal whose echo is off, and which is as before again when this ends or a signal ends the
/// process, as with readpassphrase(3).
///
/// One at a time: a handler of signals knows nothing but what is in one place.
struct SilentTerminal: ~Copyable {
  private struct Saved {
    var descriptor: Int32
    var settings: termios
  }

  private static let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

  // Written before the handler is set, and read by the handler, which ends the process.
  nonisolated(unsafe) private static let saved = UnsafeMutablePointer<Saved>.allocate(capacity: 1)

  /// Puts the terminal back, then lets the signal do what it does.
  private static let restore: @convention(c) (Int32) -> Void = { number in
    unsafe tcsetattr(saved.pointee.descriptor, TCSANOW, &saved.pointee.settings)
    signal(number, SIG_DFL)
    raise(number)
  }

  private let caught: [Int32]

  /// Nil where the terminal does not let its echo be turned off.
  init?(_ descriptor: Int32) {
    var before = termios()
    guard unsafe tcgetattr(descriptor, &before) == 0 else { return nil }
    unsafe Self.saved.initialize(to: Saved(descriptor: descriptor, settings: before))
    // Those that are ignored, such as HUP under nohup, go on to be.
    caught = Self.signals.filter { number in
      guard let other = signal(number, Self.restore) else { return true }
      signal(number, other)
      return false
    }
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    unsafe tcsetattr(descriptor, TCSAFLUSH, &silent)
  }

  deinit {
    unsafe tcsetattr(Self.saved.pointee.descriptor, TCSAFLUSH, &Self.saved.pointee.settings)
    for number in caught { signal(number, SIG_DFL) }
  }
}
