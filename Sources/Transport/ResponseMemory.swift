/// Decides which response bodies may grow: bounds the bytes of all that are held at a time.
///
/// A body counts from when it is more than small until whoever got it lets go of it. One for which
/// there is no room waits, and its peer with it; but where nobody holds a whole one, the oldest that
/// is still arriving always goes on, so that one gets whole whatever the others have.
package final class ResponseMemory {
  /// Bodies up to this size, in bytes, do not count.
  package static let small = 64 << 10

  private let limit: Int
  private var total = 0
  /// Bytes of each body that counts, by transfer; later transfers have higher numbers.
  private var sizes: [UInt64: Int] = [:]
  private var arriving: Set<UInt64> = []
  private var waiting: Set<UInt64> = []
  /// How many bodies count and are whole.
  private var whole = 0

  /// - Parameter limit: bytes of all bodies; one that is larger is held alone.
  package init(limit: Int) {
    self.limit = limit
  }

  /// Whether the body of a transfer may grow to `size` now; if not, it waits until ``end(_:)`` or
  /// ``release(_:)`` names it.
  package func mayGrow(_ transfer: UInt64, to size: Int) -> Bool {
    guard size > Self.small else { return true }
    arriving.insert(transfer)
    let more = size - (sizes[transfer] ?? 0)
    guard total + more <= limit || isFirst(transfer) else {
      waiting.insert(transfer)
      return false
    }
    sizes[transfer] = size
    total += more
    return true
  }

  /// Whether a transfer goes on, whatever the others have.
  private func isFirst(_ transfer: UInt64) -> Bool {
    whole == 0 && transfer == arriving.min()
  }

  /// Takes note that nothing more arrives for a transfer.
  ///
  /// - Returns: who may try to grow again.
  package func end(_ transfer: UInt64) -> [UInt64] {
    waiting.remove(transfer)
    guard arriving.remove(transfer) != nil else { return [] }
    if holds(transfer) { whole += 1 }
    return takeWaiting()
  }

  /// Takes note that nobody holds the body of a transfer any more.
  ///
  /// - Returns: who may try to grow again.
  package func release(_ transfer: UInt64) -> [UInt64] {
    guard let size = sizes.removeValue(forKey: transfer) else { return [] }
    total -= size
    if arriving.remove(transfer) == nil { whole -= 1 }
    return takeWaiting()
  }

  /// Whether a transfer's body counts, until ``release(_:)``.
  package func holds(_ transfer: UInt64) -> Bool { sizes[transfer] != nil }

  /// Whether a transfer's body waits for room.
  package func isWaiting(_ transfer: UInt64) -> Bool { waiting.contains(transfer) }

  private func takeWaiting() -> [UInt64] {
    defer { waiting = [] }
    return waiting.sorted()
  }
}
