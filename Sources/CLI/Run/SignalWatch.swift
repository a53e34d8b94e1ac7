import Dispatch
import Glibc
import JSON
import Runner
import Synchronization

/// Hears the user's signals: the first INT, TERM or HUP drains the run, the second cuts it off.
final class SignalWatch {
  private let sources: [any DispatchSourceSignal]
  private let answer: SignalAnswer

  /// - Parameter grace: how long a drain may take before it is cut off all the same.
  init(_ run: BatchRun, grace: Duration) {
    let answer = SignalAnswer(run, grace: grace)
    let queue = DispatchQueue(label: "nightjar.signals")
    self.answer = answer
    sources = Self.heard.map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in sources {
      source.setEventHandler { answer.hear() }
      source.resume()
    }
  }

  /// A HUP that was ignored before us stays so: that is what `nohup` is for.
  private static var heard: [Int32] {
    // Sound since both are addresses, or one of the small numbers that stand for none.
    let handlers = [signal(SIGHUP, SIG_IGN), SIG_IGN].map { unsafe unsafeBitCast($0, to: Int.self) }
    return handlers[0] == handlers[1] ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
  }

  func stop() {
    answer.end()
    for source in sources { source.cancel() }
  }
}

/// What the signals make the run do.
private final class SignalAnswer: Sendable {
  private let run: BatchRun
  private let time: Duration
  private let heard = Mutex(0)
  private let grace: Mutex<Task<Void, Never>?> = Mutex(nil)

  init(_ run: BatchRun, grace time: Duration) {
    self.run = run
    self.time = time
  }

  func hear() {
    let number = heard.withLock { heard in
      heard += 1
      return heard
    }
    guard number == 1 else { return cutOff(isThird: number > 2) }
    run.drain()
    let words =
      "stopping: waiting up to \(Int(saturating: time.seconds)) s for requests in flight; "
      + "once more to cut them off"
    // Where nobody reads standard error this waits, and the next signal must not.
    DispatchQueue.global().async { Console.shared.note(words) }
    grace.withLock { task in
      task = Task { [run, time] in
        guard (try? await Task.sleep(for: time)) != nil else { return }
        run.cutOff()
      }
    }
  }

  /// Ends the run; where something in it cannot be ended, the process, as a kill would: what was
  /// answered is in the batch or its journal by then.
  private func cutOff(isThird: Bool) {
    guard !isThird else { _exit(130) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(2)) { _exit(130) }
    run.abort()
  }

  func end() { grace.withLock { $0?.cancel() } }
}
