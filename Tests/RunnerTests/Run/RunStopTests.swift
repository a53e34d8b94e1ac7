import Runner
import Synchronization
import Testing

@Suite struct `A stop` {
  private final class Calls: Sendable {
    private let calls = Mutex(0)
    var count: Int { calls.withLock { $0 } }
    func add() { calls.withLock { $0 += 1 } }
  }

  private func isKeyRefused(_ stop: RunStop) -> Bool {
    if case .keyRefused = stop.first { return true }
    return false
  }

  @Test func `keeps its first reason and tells everyone once`() {
    let (stop, calls) = (RunStop(), Calls())
    #expect(stop.first == nil)
    for _ in 0..<2 { stop.onStop { calls.add() } }
    stop.stop(.keyRefused("no"))
    stop.stop(.interrupted)
    stop.stop(.aborted)
    #expect(isKeyRefused(stop))
    #expect(calls.count == 2)
  }

  @Test func `tells those who come late at once`() {
    let (stop, calls) = (RunStop(), Calls())
    stop.stop(.interrupted)
    stop.onStop { calls.add() }
    #expect(calls.count == 1)
  }

  @Test func `asked for twice is an abort`() {
    let (stop, calls) = (RunStop(), Calls())
    stop.onStop { calls.add() }
    stop.stop(.interrupted)
    stop.stop(.aborted)
    guard case .aborted = stop.first else {
      Issue.record("the second request was not heard")
      return
    }
    #expect(calls.count == 1)
  }
}
