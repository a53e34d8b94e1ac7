import Glibc

/// Runs work that blocks on a thread of its own, so that tasks do not wait for it.
enum BlockingCall {
  private final class Work {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Waits for a call without occupying one of the few threads of tasks.
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(KeySourceError) -> Value
  ) async throws(KeySourceError) -> Value {
    let result = await withCheckedContinuation { reply in
      let work = Work {
        do throws(KeySourceError) {
          reply.resume(returning: Result<Value, KeySourceError>.success(try body()))
        } catch {
          reply.resume(returning: .failure(error))
        }
      }
      if !start(work) { work.body() }
    }
    return try result.get()
  }

  /// Starts a thread that takes no signals, which belong to the program.
  private static func start(_ work: Work) -> Bool {
    var all = sigset_t()
    var previous = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }
    let context = unsafe Unmanaged.passRetained(work)
    var thread = pthread_t()
    guard unsafe pthread_create(&thread, nil, threadMain, context.toOpaque()) == 0 else {
      unsafe context.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  private static let threadMain:
    @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
      guard let context = unsafe context else { return nil }
      unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
      return nil
    }
}
