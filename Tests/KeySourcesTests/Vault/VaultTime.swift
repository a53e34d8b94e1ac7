import KeySources
import Synchronization

/// The time of a ``Vault`` in a test: it waits only until the test lets it go on.
final class VaultTime: Sendable {
  private struct State {
    var offset = Duration.zero
    var sleeper: AsyncStream<Void>.Continuation?
  }

  /// The waits that were begun, in order.
  let waits: AsyncStream<Duration>
  private let begun: AsyncStream<Duration>.Continuation
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  init() {
    (waits, begun) = AsyncStream.makeStream()
  }

  var clock: VaultClock {
    VaultClock(
      now: { [self] in start + state.withLock { $0.offset } },
      sleep: { [self] in try await sleep($0) }
    )
  }

  /// Moves the time on, and ends the wait that is under way.
  func advance(by duration: Duration) {
    let sleeper = state.withLock { state in
      state.offset += duration
      defer { state.sleeper = nil }
      return state.sleeper
    }
    sleeper?.finish()
  }

  /// The next wait, once it was begun.
  func nextWait() async -> Duration? {
    await waits.first { _ in true }
  }

  private func sleep(_ duration: Duration) async throws {
    let (stream, sleeper) = AsyncStream<Void>.makeStream()
    state.withLock { $0.sleeper = sleeper }
    begun.yield(duration)
    for await _ in stream {}
    try Task.checkCancellation()
  }
}
