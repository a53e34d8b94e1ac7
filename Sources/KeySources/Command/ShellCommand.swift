import Glibc
import Secrets

/// A command line of `/bin/sh`, to be run for what it prints.
struct ShellCommand: Sendable {
  /// The command line.
  var line: String
  /// How long it may run.
  var deadline = Duration.seconds(30)
  /// How long it has to end by itself when its time is up, before it is killed.
  var grace = Duration.seconds(2)

  /// The values that are set in front of the program, as in `TOKEN=… op read`, and may be secrets.
  var settings: [String] {
    words.prefix { $0.contains("=") }.compactMap { word in
      let value = word.drop { $0 != "=" }.drop { "=\"'".contains($0) }
      return value.isEmpty ? nil : String(value.prefix { !"\"';".contains($0) })
    }
  }

  /// The program, without its arguments and without anything that a shell would take for more.
  var program: String? {
    let program = words.drop { $0.contains("=") }.first.map { word in
      word.prefix { $0.isLetter || $0.isNumber || "/._-+@%~".contains($0) }
    }
    return program.flatMap { $0.isEmpty ? nil : String($0) }
  }

  private var words: [Substring] { line.split(whereSeparator: \.isWhitespace) }

  /// Runs it on a thread of its own, and ends it, and all it has started, when its time is up or
  /// the task is cancelled.
  ///
  /// - Throws: ``KeySourceError`` of kind `unavailable` when it cannot be started.
  func run() async throws(KeySourceError) -> CommandOutput {
    let wakeUp = try WakeUpPipe()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { reply in
        let started = BackgroundThread.start { reply.resume(returning: finish(wakeUp)) }
        if !started { reply.resume(returning: .failure(Self.noThreads)) }
      }
    } onCancel: {
      wakeUp.wake(for: .cancelled)
    }
    return try result.get()
  }

  private func finish(_ wakeUp: WakeUpPipe) -> Result<CommandOutput, KeySourceError> {
    do throws(KeySourceError) {
      var run = try CommandRun(self, wakeUp)
      return .success(try run.finish())
    } catch {
      return .failure(error)
    }
  }

  static let noThreads = KeySourceError(
    .unavailable,
    "the system gives no more threads to run a command"
  )
}

/// What a command printed, and how it ended.
final class CommandOutput: Sendable {
  /// Its standard output.
  let text: Secret
  /// The end of its standard error.
  let errors: [UInt8]
  let end: CommandEnd

  init(text: consuming Secret, errors: [UInt8], end: CommandEnd) {
    self.text = text
    self.errors = errors
    self.end = end
  }
}
