/// Watches one transfer against its deadlines, from samples of its counters.
///
/// The counters are all that libcurl's callbacks have to keep; time is only read when sampling.
package struct DeadlineWatch {
  private let deadlines: Deadlines
  private let started: ContinuousClock.Instant
  private var requestsSent = 0
  private var bytesReceived = 0
  private var lastProgress: ContinuousClock.Instant

  /// Starts watching a transfer that starts at `now`.
  package init(_ deadlines: Deadlines, startedAt now: ContinuousClock.Instant) {
    self.deadlines = deadlines
    started = now
    lastProgress = now
  }

  /// Takes a sample; returns the deadline that has passed, if any.
  ///
  /// - Parameter isArriving: whether the answer itself has begun to come; signs of life before it are
  ///   progress, and no more.
  package mutating func sample(
    requestsSent: Int,
    bytesReceived: Int,
    isArriving: Bool,
    at now: ContinuousClock.Instant
  ) -> TransportError.Code? {
    if requestsSent != self.requestsSent || bytesReceived != self.bytesReceived {
      self.requestsSent = requestsSent
      self.bytesReceived = bytesReceived
      lastProgress = now
    }
    if now - started >= deadlines.total { return .totalTimeout }
    let quiet = now - lastProgress
    if requestsSent == 0 { return quiet >= deadlines.connect ? .connectTimeout : nil }
    if !isArriving { return quiet >= deadlines.firstByte ? .firstByteTimeout : nil }
    return quiet >= deadlines.stall ? .stall : nil
  }

  /// Takes note that it is not for the peer to go on.
  package mutating func progressed(at now: ContinuousClock.Instant) {
    lastProgress = now
  }

  /// How long the transfer has been under way.
  package func elapsed(at now: ContinuousClock.Instant) -> Duration {
    now - started
  }
}

extension Deadlines {
  /// How often a transfer with these deadlines wants to be sampled.
  package var samplingInterval: Duration {
    let shortest = min(connect, firstByte, stall, total)
    return min(max(shortest / 4, .milliseconds(10)), .seconds(1))
  }
}
