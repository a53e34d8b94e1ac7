import Synchronization

/// Why a pipe of our own ended before all was written to it, for who reads it.
final class PipeEnd: Sendable {
  private let error = Mutex<StoreError?>(nil)

  /// Nil where all was written.
  var failure: StoreError? {
    get { error.withLock { $0 } }
    set { error.withLock { $0 = newValue } }
  }
}
