import Dispatch

/// A thread of its own for calls that block, so that they never hold a thread of Swift's pool.
package final class BlockingQueue: Sendable {
  private let queue: DispatchQueue

  /// - Parameter label: the name that debuggers show for the queue.
  package init(label: String) {
    queue = DispatchQueue(label: label)
  }

  /// Runs `body` after all earlier calls have returned and hands back what it returns or throws.
  package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result(catching: body)) }
    }
  }
}
