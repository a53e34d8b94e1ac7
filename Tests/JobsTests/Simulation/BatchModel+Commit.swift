import Jobs

extension BatchModel {
  mutating func commit(_ flush: Flush) -> FlushReceipt {
    var receipt = FlushReceipt()
    var touched: [Int: Bool] = [:]
    for (lease, result) in flush.results {
      let isHeld = holds(lease)
      if !isHeld { receipt.lost.insert(lease) }
      receipt.committed[lease, default: 0] += 1
      let stored = take(result, isHeld: isHeld)
      receipt.sequences.append(stored?.sequence)
      if stored != nil { touched[lease.segment] = touched[lease.segment] == true || isHeld }
    }
    for (lease, job) in flush.retryable where holds(lease) {
      jobs[job.job, default: Entry()].retryable = job
    }
    for export in flush.exports { exports[export.state] = export }
    tally.traffic += flush.traffic
    tally.unanswered += flush.unanswered
    tally.accounts = flush.accounts ?? tally.accounts
    for (segment, isHeld) in touched where !isOpen(piece(segment)) {
      if isHeld { pieces[segment - 1].worker = nil }
      if piece(segment).worker == nil { receipt.closed.insert(segment) }
    }
    return receipt
  }

  /// Fences state, not money.
  private mutating func take(_ result: JobResult, isHeld: Bool) -> StoredResult? {
    tally.late += isHeld ? 0 : 1
    let isAnswer = result.state == .completed
    guard isAnswer || (isHeld && jobs[result.job]?.suspended == nil), let stored = record(result)
    else { return nil }
    tally.lateKept += isHeld ? 0 : 1
    tally.inputTokens += result.inputTokens
    tally.outputTokens += result.outputTokens
    tally.cost += result.cost ?? .zero
    tally.unpriced += isAnswer && result.cost == nil ? 1 : 0
    jobs[result.job]?.suspended = nil
    if result.hasRetried { jobs[result.job]?.retryable = nil }
    return stored
  }

  /// Takes in what workers left behind that are dead, or were not heard of for longer than their
  /// lease.
  mutating func recover(besides worker: Int, clock: LeaseClock, onUnknown: OnUnknown) -> Recovery {
    var recovery = Recovery()
    for (number, member) in members.sorted(by: { $0.key < $1.key }) where number != worker {
      let process = processes[member.process]
      guard !process.isAlive || member.boot != clock.boot || member.leaseEnd < clock.now else {
        continue
      }
      recovery.workers.append(number)
      takeIn(process, member, onUnknown, &recovery)
      for index in pieces.indices where pieces[index].worker == number {
        pieces[index].epoch += 1
        pieces[index].worker = nil
      }
      members[number] = nil
    }
    return recovery
  }

  private mutating func takeIn(
    _ process: Process,
    _ member: Member,
    _ onUnknown: OnUnknown,
    _ recovery: inout Recovery
  ) {
    var flush = Flush()
    flush.results = process.answers
    let receipt = commit(flush)
    let recovered = zip(process.answers, receipt.sequences).filter { $1 != nil }
    recovery.recovered += recovered.map(\.0.result.job)
    let unknown = process.sent.keys.sorted().filter { jobs[$0]?.result == nil }
    recovery.unknown += unknown
    tally.unknown += unknown.count
    tally.traffic.requestsSent += unknown.count + recovered.count
    tally.unanswered += max(.zero, process.charged - member.recorded)
    for job in unknown {
      tally.unanswered += process.sent[job] ?? .zero
      if onUnknown == .hold { _ = suspend(job, .held) }
    }
  }

  private mutating func suspend(_ job: Int, _ cause: Cause) -> Bool {
    guard pieces.contains(where: { $0.jobs.contains(job) }), jobs[job]?.hasEnd != true else {
      return false
    }
    jobs[job, default: Entry()].suspended = cause
    return true
  }

  mutating func cancel(_ selection: JobSelection) -> Int {
    switch selection {
    case .all:
      let all = pieces.flatMap(\.jobs)
      return all.count { suspend($0, .cancelled) }
    case .jobs(let numbers): return numbers.count { suspend($0, .cancelled) }
    case .failed, .finished, .cancelled, .held: return 0
    }
  }

  mutating func retry(_ selection: JobSelection) -> Int {
    let chosen = jobs.filter { job, entry in
      let hasFailed = entry.result?.state == .failed
      return switch selection {
      case .all: hasFailed || entry.suspended != nil
      case .failed: hasFailed
      case .finished: false
      case .cancelled: entry.suspended == .cancelled
      case .held: entry.suspended == .held
      case .jobs(let numbers):
        (entry.hasEnd || entry.retryable != nil) && numbers.contains(job)
      }
    }
    for job in chosen.keys { jobs[job] = nil }
    guard !chosen.isEmpty else { return 0 }
    for state in [JobResult.State.completed, .failed] {
      exports[state] = ExportPosition(state: state, offset: 0, sequence: 0)
    }
    return chosen.count
  }
}
