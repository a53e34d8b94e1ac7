import Synchronization

/// Flags that may be set from anywhere.
final class TestFlags: Sendable {
  private let values: Mutex<[Bool]>

  init(_ count: Int) {
    values = Mutex(Array(repeating: true, count: count))
  }

  subscript(index: Int) -> Bool {
    get { values.withLock { $0[index] } }
    set { values.withLock { $0[index] = newValue } }
  }
}
