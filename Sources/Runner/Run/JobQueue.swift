import DequeModule

/// Which job is next, as a pure value: jobs that were tried before go first, and too many waiting
/// retries hold new work back so that memory stays bounded in an outage.
package struct JobQueue: Sendable {
  /// What a worker that asks for a job gets.
  package enum Next: Sendable {
    case job(Job)
    /// Nothing now; ask again after ``wake`` changes.
    case wait
    /// Nothing any more.
    case finished
  }

  private var fresh = Deque<Job>()
  private var returned = Deque<Job>()
  /// Jobs whose model nobody serves now, by model.
  private var shelved: [String: [Job]] = [:]
  private var shelvedCount = 0
  private var delayed = 0
  private var running = 0
  package private(set) var isSupplyEnded = false
  package private(set) var isStopped = false
  private let delayedLimit: Int
  /// How many jobs may be shelved before new ones are held back.
  private static let shelfLimit = 20_000

  /// - Parameter delayedLimit: how many jobs may wait for a retry before new ones are held back.
  package init(delayedLimit: Int) {
    self.delayedLimit = delayedLimit
  }

  /// Jobs that could be handed out.
  package var ready: Int { fresh.count + returned.count }

  /// True while jobs are left, here or still to come, that have not been handed out.
  package var hasFresh: Bool { !fresh.isEmpty || !isSupplyEnded }

  /// True when no job is ready, running or waiting.
  package var isIdle: Bool { ready == 0 && running == 0 && delayed == 0 && shelvedCount == 0 }

  /// True when nothing will be handed out any more, now or later.
  package var isOver: Bool { isSupplyEnded && isIdle }

  /// Adds jobs behind those of the same and of higher priority.
  package mutating func add(_ jobs: [Job]) {
    guard let priority = jobs.first?.segment.priority else { return }
    guard let last = fresh.last, last.segment.priority < priority else {
      return fresh.append(contentsOf: jobs)
    }
    let place = fresh.firstIndex { $0.segment.priority < priority } ?? fresh.endIndex
    fresh.insert(contentsOf: jobs, at: place)
  }

  /// Takes out jobs that have not been handed out.
  ///
  /// - Returns: those that were taken out.
  package mutating func remove(where isGone: (Job) -> Bool) -> [Job] {
    let gone = (fresh + returned + shelved.values.joined()).filter(isGone)
    fresh.removeAll(where: isGone)
    returned.removeAll(where: isGone)
    shelved = shelved.mapValues { $0.filter { !isGone($0) } }
    shelvedCount = shelved.values.reduce(0) { $0 + $1.count }
    return Array(gone)
  }

  /// No more jobs will be added.
  package mutating func endSupply() { isSupplyEnded = true }

  /// Nothing is handed out any more.
  package mutating func stop() { isStopped = true }

  package mutating func next() -> Next {
    if isStopped { return .finished }
    if let job = returned.popFirst() { return handOut(job) }
    let mayStartNew = delayed < delayedLimit && shelvedCount < Self.shelfLimit
    if mayStartNew, let job = fresh.popFirst() { return handOut(job) }
    return isOver ? .finished : .wait
  }

  private mutating func handOut(_ job: Job) -> Next {
    running += 1
    return .job(job)
  }

  /// A job that was handed out has its result.
  package mutating func finish() { running -= 1 }

  /// A job that was handed out goes back to be handed out again.
  package mutating func giveBack(_ job: Job) {
    running -= 1
    returned.append(job)
  }

  /// A job that was handed out waits until somebody serves its model.
  package mutating func shelve(_ job: Job, for model: String) {
    running -= 1
    shelvedCount += 1
    shelved[model, default: []].append(job)
  }

  /// Somebody serves a model again.
  package mutating func unshelve(_ model: String) {
    guard let jobs = shelved.removeValue(forKey: model) else { return }
    shelvedCount -= jobs.count
    returned.append(contentsOf: jobs)
  }

  /// A job that was handed out will come back later.
  package mutating func delay() {
    running -= 1
    delayed += 1
  }

  /// A delayed job is not to be done any more.
  package mutating func forgetDelayed() { delayed -= 1 }

  /// A delayed job is due.
  package mutating func due(_ job: Job) {
    delayed -= 1
    returned.append(job)
  }

  /// A job read from the store waits for its time.
  package mutating func addDelayed() { delayed += 1 }
}
