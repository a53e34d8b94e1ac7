import CLinux
import Glibc
import JSON
import Jobs
import KeySources
import Synchronization

/// Writes to standard error what is not a result, keeping a progress line below it.
final class Console: Sendable {
  static let shared = Console()

  /// True when people look at standard error.
  let isTerminal = isatty(STDERR_FILENO) == 1
  private let progress = Mutex("")

  /// Width of the terminal in characters.
  var columns: Int {
    let columns = Int(nightjar_columns(STDERR_FILENO))
    return columns > 0 ? columns : 80
  }

  /// Prints a line above the progress line; whatever it quotes cannot end it or steer the terminal.
  func note(_ line: String) {
    progress.withLock { progress in
      write((progress.isEmpty ? "" : "\r\u{1B}[K") + line.shown + "\n" + progress)
    }
  }

  /// Prints a line of a log, with its time as the audit log has it.
  func log(_ line: String) { note("\(Timestamp.text(Timestamp.now())) \(line)") }

  /// Says what a batch waits for; nothing else moves meanwhile.
  func tell(_ wait: LockWait) {
    log("warning: \(wait.holder) keeps the batch \(wait.place) locked; it is waited for")
  }

  /// Replaces the progress line on a terminal; what does not fit its width is left out.
  func show(progress line: String) {
    progress.withLock { progress in
      progress = String(line.shown.prefix(columns - 1))
      write("\r\u{1B}[K" + progress)
    }
  }

  /// Ends the progress line.
  func endProgress() {
    progress.withLock { progress in
      if !progress.isEmpty { write("\r\u{1B}[K") }
      progress = ""
    }
  }

  /// Prints a question, at whose end the answer is typed.
  func ask(_ question: String) {
    endProgress()
    progress.withLock { _ in write(question.shown) }
  }

  /// Prints a failure.
  func error(_ error: CLIError) {
    endProgress()
    note("error: \(error.message)")
    for detail in error.details { note("    \(detail)") }
    if let place = error.place { note("  at: \(place)") }
    if let next = error.next { note("  next: \(next)") }
  }

  private func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
      }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }
}

/// Writes a result to standard output; a reader that went away ends the program quietly.
///
/// - Parameter text: lines, or JSON; text from outside that is one part of several lines is made
///   ``Swift/StringProtocol/shown`` by whoever puts them together.
func printResult(_ text: String) {
  print(text.shownLines)
  guard fflush(nil) != 0 else { return }
  guard errno != EPIPE else { exit(0) }
  let reason = unsafe String(cString: strerror(errno)).lowercased()
  Console.shared.note("error: cannot write to standard output: \(reason)")
  exit(73)
}
