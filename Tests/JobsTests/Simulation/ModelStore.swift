import Jobs
import Synchronization

/// The model of one batch, shared by its workers as a file would be.
final class SharedModel: Sendable {
  let model = Mutex(BatchModel())

  init(isQueue: Bool = true) {
    model.withLock { $0.tally.isQueue = isQueue }
  }
}

/// The model as one worker sees it.
final class ModelStore: JobStore {
  private let shared: SharedModel
  private let clock: LeaseClock
  private let onUnknown: OnUnknown
  private let worker: Mutex<Int>
  let process: Int
  let recovery: Recovery

  init(_ shared: SharedModel, clock: LeaseClock, onUnknown: OnUnknown) {
    (self.shared, self.clock, self.onUnknown) = (shared, clock, onUnknown)
    let (process, number, recovery) = shared.model.withLock { model in
      model.processes.append(BatchModel.Process())
      let process = model.processes.count - 1
      let worker = model.join(process, clock: clock)
      return (process, worker, model.recover(besides: worker, clock: clock, onUnknown: onUnknown))
    }
    (self.process, self.recovery) = (process, recovery)
    worker = Mutex(number)
  }

  private var number: Int { worker.withLock { $0 } }

  func append(_ segments: [Segment], isLast: Bool) -> [StoredResult] {
    shared.model.withLock { $0.append(segments, isLast: isLast) }
  }

  func claim(_ count: Int) -> Claim {
    shared.model.withLock { model in
      var claim = Claim()
      claim.recovery = model.recover(besides: number, clock: clock, onUnknown: onUnknown)
      claim.segments = model.claim(count, for: number)
      return claim
    }
  }

  func commit(_ flush: Flush) -> FlushReceipt {
    shared.model.withLock { model in
      defer { model.renew(number, clock: clock, unanswered: flush.unanswered) }
      return model.commit(flush)
    }
  }

  func heartbeat() -> Heartbeat {
    shared.model.withLock { model in
      if let heard = model.heartbeat(number, clock: clock) { return heard }
      let reborn = model.join(process, clock: clock)
      worker.withLock { $0 = reborn }
      var heartbeat = Heartbeat()
      heartbeat.isReborn = true
      return heartbeat
    }
  }

  func release(_ leases: [SegmentLease]) { shared.model.withLock { $0.release(leases) } }

  func cancel(_ jobs: JobSelection) -> Int { shared.model.withLock { $0.cancel(jobs) } }

  func retry(_ jobs: JobSelection) -> Int { shared.model.withLock { $0.retry(jobs) } }

  func summary() -> BatchSummary { shared.model.withLock { $0.summary } }

  func results(after sequence: Int, limit: Int) -> [StoredResult] {
    let all = shared.model.withLock { $0.results }
    return Array(all.filter { $0.sequence > sequence }.prefix(limit))
  }

  func exportPositions() -> [ExportPosition] {
    let exports = shared.model.withLock { $0.exports }
    return exports.values.sorted { $0.state.rawValue < $1.state.rawValue }
  }

  /// Changes what the worker's process keeps beside the batch.
  func keep(_ change: (inout BatchModel.Process) -> Void) {
    shared.model.withLock { change(&$0.processes[process]) }
  }

  func leave() {
    shared.model.withLock { model in
      for index in model.pieces.indices where model.pieces[index].worker == number {
        model.pieces[index].epoch += 1
        model.pieces[index].worker = nil
      }
      model.members[number] = nil
    }
  }
}

/// A worker of the model.
final class ModelWorker: TestWorker {
  private let model: ModelStore
  var store: any JobStore { model }
  var recovery: Recovery { model.recovery }

  init(_ store: ModelStore) { model = store }

  func send(_ job: Int, worst: USD) { model.keep { $0.sent[job] = worst } }

  func keep(_ result: JobResult, under lease: SegmentLease) {
    model.keep { $0.answers.append((lease, result)) }
  }

  func giveUp(_ job: Int, worst: USD) {
    model.keep { $0.charged += worst }
    settle(job)
  }

  func settle(_ job: Int) { model.keep { $0.sent[job] = nil } }

  func forgetAnswers() { model.keep { $0.answers = [] } }

  func disown() {
    model.keep { process in
      process.sent = [:]
      process.charged = .zero
    }
  }

  func close() { model.leave() }

  func die() { model.keep { $0.isAlive = false } }
}
