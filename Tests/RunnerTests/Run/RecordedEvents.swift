import Runner
import Synchronization

/// A sink that keeps what it is told, and wakes a test that waits for something.
final class RecordedEvents: EventSink {
  private struct State {
    var events: [String] = []
    var waiting: [(prefix: String, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  /// Every event so far as text, such as `parked(account: "main", reason: "…")`.
  var all: [String] { state.withLock { $0.events } }

  func count(_ prefix: String) -> Int { all.count { $0.hasPrefix(prefix) } }

  func record(_ event: RunEvent) {
    let text = "\(event)"
    let due = state.withLock { state in
      state.events.append(text)
      let due = state.waiting.filter { text.hasPrefix($0.prefix) }
      state.waiting.removeAll { text.hasPrefix($0.prefix) }
      return due
    }
    for waiter in due { waiter.continuation.resume() }
  }

  /// Returns once an event that begins like this has happened.
  func happened(_ prefix: String) async {
    await withCheckedContinuation { continuation in
      let hasHappened = state.withLock { state in
        if state.events.contains(where: { $0.hasPrefix(prefix) }) { return true }
        state.waiting.append((prefix, continuation))
        return false
      }
      if hasHappened { continuation.resume() }
    }
  }
}
