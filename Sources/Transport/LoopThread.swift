internal import Glibc

/// Starts the threads that transfer loops run on.
enum LoopThread {
  /// Runs a loop on a new thread until its mailbox tells it to stop.
  ///
  /// The thread takes no signals: they belong to the program, and a connection that breaks under
  /// TLS must not end it with SIGPIPE.
  static func start(_ loop: sending TransferLoop) throws(TransportError) {
    var all = sigset_t()
    var previous = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }

    let context = unsafe Unmanaged.passRetained(loop)
    var thread = pthread_t()
    let failure = unsafe pthread_create(&thread, nil, threadMain, context.toOpaque())
    guard failure == 0 else {
      unsafe context.release()
      throw .setup("pthread_create", errno: failure)
    }
    pthread_detach(thread)
  }
}

private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context = unsafe context else { return nil }
  // The loop and all it holds is gone before those who wait for its end go on.
  let stops = unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
  for stop in stops { stop?.resume() }
  return nil
}
