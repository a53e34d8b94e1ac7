internal import CCurl

/// Carries transfers on a thread of its own: takes commands, drives libcurl, resumes who waits.
///
/// The loop alone touches libcurl, so nothing in here is shared but the ``Mailbox``.
final class TransferLoop {
  typealias Reply = (Mailbox.Reply, Result<HTTPResponse, TransportError>)

  /// How often tasks that keep each other busy run before sockets are looked at again.
  private static let rounds = 4

  private let configuration: CurlTransport.Configuration
  private let mailbox: Mailbox
  private let sockets: SocketPoll
  private let clock = ContinuousClock()
  private let memory: ResponseMemory

  private var shards: ShardPool
  private var busy: [UInt64: EasyHandle] = [:]
  /// By ``RouteHandle/id``; nil is for requests that name no route.
  private var lanes: [UInt64?: RouteLane] = [:]
  private var commands: [Mailbox.Command] = []
  private var jobs: [UnownedJob] = []
  private var replies: [Reply] = []
  private var stops: [CheckedContinuation<Void, Never>?] = []
  private var stopping = false
  private var samplingInterval = Duration.seconds(1)
  private var nextSampling: ContinuousClock.Instant

  init(_ configuration: CurlTransport.Configuration, _ mailbox: Mailbox) throws(TransportError) {
    self.configuration = configuration
    self.mailbox = mailbox
    sockets = try SocketPoll(wakeUp: mailbox.wakeUp)
    memory = ResponseMemory(limit: configuration.responseMemory)
    shards = ShardPool(configuration, mailbox, sockets: sockets, memory: memory)
    nextSampling = clock.now
  }

  /// Runs until it is told to stop; returns who waits for the end.
  func run() -> [CheckedContinuation<Void, Never>?] {
    mailbox.takeThread()
    while !stopping { turn() }
    end()
    return stops
  }

  private func turn() {
    sockets.wait(milliseconds: patience())
    mailbox.collect(into: &commands, &jobs)
    sockets.forEachReady { shards[$0]?.ready($1, $2) }
    obeyCommands()
    fireTimers()
    let now = clock.now
    collectFinished(at: now)
    if now >= nextSampling { sampleDeadlines(at: now) }
    startWaiting()
    answer()
    runJobs()
  }

  /// Runs the tasks that live on this thread, and starts what they send.
  private func runJobs() {
    for _ in 0..<Self.rounds {
      mailbox.run(jobs)
      jobs.removeAll(keepingCapacity: true)
      mailbox.collect(into: &commands, &jobs)
      obeyCommands()
      answer()
      guard !jobs.isEmpty else { return }
    }
    mailbox.run(jobs)
    jobs.removeAll(keepingCapacity: true)
  }

  /// How long the loop may sleep, in milliseconds, rounded up; -1 is for ever.
  private func patience() -> Int32 {
    guard mailbox.prepareToSleep() else { return 0 }
    var next = busy.isEmpty ? nil : nextSampling
    for case .some(let timer) in shards.all.lazy.map(\.timer) { next = min(next ?? timer, timer) }
    guard let next else { return -1 }
    let delay = next - clock.now
    return delay <= .zero ? 0 : Int32(clamping: delay.milliseconds + 1)
  }

  private func obeyCommands() {
    for command in commands {
      switch command {
      case .start(let submission): take(submission)
      case .cancel(let id): cancel(id)
      case .retire(let credential): shards.retire(credential)
      case .release(let body): goOn(memory.release(body))
      case .stop(let continuation):
        stops.append(continuation)
        stopping = true
      }
    }
    commands.removeAll(keepingCapacity: true)
    startWaiting()
  }

  private func fireTimers() {
    let now = clock.now
    for shard in shards.all {
      if let timer = shard.timer, timer <= now { shard.timeout() }
    }
  }

  private func collectFinished(at now: ContinuousClock.Instant) {
    for shard in shards.all {
      while let (handle, code) = shard.nextFinished() {
        finish(handle, with: handle.result(code, mailbox, at: now))
      }
    }
  }

  private func sampleDeadlines(at now: ContinuousClock.Instant) {
    for handle in Array(busy.values) {
      if let id = handle.transfer?.id, memory.isWaiting(id) {
        handle.transfer?.isHeldUp(at: now)
      }
      guard let error = handle.transfer?.overdue(at: now, on: handle.shard.lane.route)
      else { continue }
      finish(handle, with: .failure(error))
    }
    if busy.isEmpty { samplingInterval = .seconds(1) }
    nextSampling = now + samplingInterval
  }

  private func answer() {
    for (reply, result) in replies { reply.resume(returning: result) }
    replies.removeAll(keepingCapacity: true)
  }

  /// Aborts everything; commands that arrive from now on are refused.
  private func end() {
    for handle in Array(busy.values) {
      finish(handle, with: .failure(.closed(requestMayHaveLeft: handle.hasSent)))
    }
    shards.removeAll()
    commands = mailbox.close()
    stopping = true
    obeyCommands()
    for submission in lanes.values.flatMap({ $0.removeAll() }) {
      replies.append((submission.reply, .failure(.closed())))
    }
    answer()
  }
}

// MARK: - Transfers

extension TransferLoop {
  private func take(_ submission: Mailbox.Submission) {
    let route = submission.request.route
    if let lane = lanes[route?.id] { return lane.add(submission) }
    do throws(TransportError) {
      let lane = try RouteLane(route, usually: configuration.route)
      lanes[route?.id] = lane
      lane.add(submission)
    } catch {
      replies.append((submission.reply, .failure(error)))
    }
  }

  private func startWaiting() {
    guard !stopping else { return }
    for lane in lanes.values where lane.hasWaiting {
      let now = clock.now
      let room = configuration.maxInFlight - busy.count
      let startable = lane.startable(room, at: now) { busy[$0]?.hasSent == false }
      for submission in startable { start(submission, by: lane, at: now) }
    }
  }

  private func start(
    _ submission: Mailbox.Submission,
    by lane: RouteLane,
    at now: ContinuousClock.Instant
  ) {
    do throws(TransportError) {
      let transfer = Transfer(submission, at: now)
      let credential = submission.request.headers.credential
      let shard = try shards.shardWithRoom(for: credential, by: lane)
      busy[submission.id] = try shard.start(transfer)
    } catch {
      replies.append((submission.reply, .failure(error)))
      return
    }
    lane.started(submission.id, at: now)
    samplingInterval = min(samplingInterval, submission.request.deadlines.samplingInterval)
    nextSampling = min(nextSampling, now + samplingInterval)
  }

  private func cancel(_ id: UInt64) {
    if let handle = busy[id] {
      finish(handle, with: .failure(.cancelled(requestMayHaveLeft: handle.hasSent)))
    } else if let waiting = lanes.values.lazy.compactMap({ $0.remove(id) }).first {
      replies.append((waiting.reply, .failure(.cancelled())))
    }
  }

  /// Lets transfers try again whose bodies had no room.
  private func goOn(_ transfers: [UInt64]) {
    for handle in transfers.compactMap({ busy[$0] }) {
      let code = handle.goOn()
      if code != CURLE_OK { finish(handle, with: handle.result(code, mailbox, at: clock.now)) }
    }
  }

  private func finish(_ handle: EasyHandle, with result: Result<HTTPResponse, TransportError>) {
    guard let transfer = handle.shard.stop(handle) else { return }
    busy[transfer.id] = nil
    goOn(memory.end(transfer.id))
    if case .failure(let error) = result, error.partial == nil {
      goOn(memory.release(transfer.id))
    }
    shards.transferEnded(on: handle.shard)
    replies.append((transfer.reply, result))
  }
}
