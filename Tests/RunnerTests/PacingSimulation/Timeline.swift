/// What happens next in a simulated run; a number is the place of a request in flight.
enum SimulatedEvent {
  /// A request reaches the server.
  case arrives(Int)
  /// The server ends an answer.
  case ends(Int)
  /// An answer or a refusal reaches the client.
  case returns(Int)
  /// A client that waits by itself sends a request once more.
  case leavesAgain(Int)
  /// A job may be asked for once more.
  case comesBack(SimulatedJob)
  /// The time that the client waited for has come.
  case wakes
  /// Another second has passed.
  case second
}

/// Events in order of time: a binary heap.
///
/// It is not generic, because a test build does not specialise: this makes a run five times faster.
struct Timeline {
  private struct Entry {
    let time: Double
    let event: SimulatedEvent
  }

  private var heap: [Entry] = []

  mutating func add(_ event: SimulatedEvent, at time: Double) {
    heap.append(Entry(time: time, event: event))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent].time <= heap[child].time { return }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  mutating func next() -> (time: Double, event: SimulatedEvent)? {
    guard let last = heap.popLast() else { return nil }
    guard let first = heap.first else { return (last.time, last.event) }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
      if heap[parent].time <= heap[child].time { break }
      heap.swapAt(parent, child)
      parent = child
    }
    return (first.time, first.event)
  }
}
