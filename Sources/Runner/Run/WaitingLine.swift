import HeapModule

/// Who waits to leave, in one line for each model: a pure value.
///
/// Models have limits of their own, so that who waits for one does not stand behind those who wait
/// for another.
struct WaitingLine<Waiter: Sendable>: Sendable {
  private struct Place: Comparable, Sendable {
    let rank: Int
    let ticket: Int
    let waiter: Waiter

    static func == (one: Place, other: Place) -> Bool { one.ticket == other.ticket }

    static func < (one: Place, other: Place) -> Bool {
      (one.rank, one.ticket) < (other.rank, other.ticket)
    }
  }

  private var lines: [String: Heap<Place>] = [:]
  private var tickets = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// The models that somebody waits for.
  var models: [String] { Array(lines.keys) }

  func isWaiting(for model: String) -> Bool { lines[model] != nil }

  /// - Parameter rank: the lowest goes first, among equals who came first.
  mutating func add(_ waiter: Waiter, for model: String, rank: Int) {
    tickets += 1
    count += 1
    lines[model, default: Heap()].insert(
      Place(rank: rank, ticket: tickets, waiter: waiter)
    )
  }

  func first(for model: String) -> Waiter? { lines[model]?.min?.waiter }

  mutating func removeFirst(for model: String) {
    guard lines[model]?.popMin() != nil else { return }
    count -= 1
    if lines[model]?.isEmpty == true { lines[model] = nil }
  }

  /// Takes everybody out of a model's line but the first.
  mutating func removeRest(for model: String) -> [Waiter] {
    guard var line = lines[model], let first = line.popMin(), !line.isEmpty else { return [] }
    lines[model] = [first]
    count -= line.count
    return line.unordered.map(\.waiter)
  }

  mutating func removeAll() -> [Waiter] {
    defer {
      lines = [:]
      count = 0
    }
    return lines.values.flatMap { $0.unordered.map(\.waiter) }
  }
}
