/// What one loop has for one route: what its connections share, who waits to start, and how many may.
///
/// An endpoint that does not answer, or a proxy, takes no place from those of other routes.
final class RouteLane {
  /// Nil for requests that name no route.
  let handle: RouteHandle?
  let cache: SharedCache
  private var gate = StartGate()
  private var waiting: [Mailbox.Submission] = []

  init(_ handle: RouteHandle?, usually route: Route) throws(TransportError) {
    self.handle = handle
    cache = try SharedCache(handle?.route ?? route)
  }

  var route: Route { cache.route }
  var hasWaiting: Bool { !waiting.isEmpty }

  func add(_ submission: Mailbox.Submission) { waiting.append(submission) }

  /// Takes out those that may start now, `most` of them at most.
  func startable(
    _ most: Int,
    at now: ContinuousClock.Instant,
    isConnecting: (UInt64) -> Bool
  ) -> [Mailbox.Submission] {
    let count = min(most, waiting.count, gate.room(at: now, isConnecting: isConnecting))
    defer { waiting.removeFirst(count) }
    return Array(waiting.prefix(count))
  }

  func started(_ id: UInt64, at now: ContinuousClock.Instant) { gate.enter(id, at: now) }

  /// Takes out one that has not started; nil where it is not here.
  func remove(_ id: UInt64) -> Mailbox.Submission? {
    waiting.firstIndex { $0.id == id }.map { waiting.remove(at: $0) }
  }

  /// Takes out all.
  func removeAll() -> [Mailbox.Submission] {
    defer { waiting = [] }
    return waiting
  }
}
