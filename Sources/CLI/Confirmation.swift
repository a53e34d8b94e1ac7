import ArgumentParser
import Glibc

/// A question before something that cannot be undone, where a person can answer it.
struct Confirmation: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Ask nothing before what cannot be undone.")
  var yes = false

  /// True when the user says yes, has said so by the flag, or nobody is there to be asked.
  ///
  /// - Parameter question: what is to be done, with what it costs, without a question mark.
  func allows(_ question: String) -> Bool {
    guard !yes, isatty(STDIN_FILENO) == 1, Console.shared.isTerminal else { return true }
    Console.shared.ask("\(question)? [y/N] ")
    let answer = readLine()?.lowercased() ?? ""
    return answer == "y" || answer == "yes"
  }
}
