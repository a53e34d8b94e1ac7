/// Runs work that blocks on a thread of its own, and lets a task await it.
enum BlockingCall {
  /// Waits for a call without occupying one of the few threads of tasks.
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(KeySourceError) -> Value
  ) async throws(KeySourceError) -> Value {
    let result = await withCheckedContinuation { reply in
      let work: @Sendable () -> Void = {
        do throws(KeySourceError) {
          reply.resume(returning: Result<Value, KeySourceError>.success(try body()))
        } catch {
          reply.resume(returning: .failure(error))
        }
      }
      if !BackgroundThread.start(work) { work() }
    }
    return try result.get()
  }
}
