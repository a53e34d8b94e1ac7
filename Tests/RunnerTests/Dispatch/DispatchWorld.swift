import Jobs
import KeySources
import Runner
import TestSupport

/// All that surrounds a dispatcher, in virtual time and drawn from a seed: a store with its jobs,
/// slots whose requests end in every way, keys that come and go, pauses, and kills.
///
/// It keeps its own account of where each job is, by which every action is judged.
struct DispatchWorld {
  /// Where a job is, as the world knows it.
  enum Place: Equatable {
    case stored
    case ready
    case slot(Int)
    case settling(Int)
    case delayed(until: ContinuousClock.Instant)
    case gone
  }

  /// Something that will happen by itself.
  enum Coming {
    case end(slot: Int, Assignment)
    case settled(slot: Int, Job)
    case claimed(count: Int)
    case tick
    /// The look that a run has every few seconds.
    case glance
    case disturbance
  }

  var random: SeededGenerator
  let start = ContinuousClock.now
  var now: ContinuousClock.Instant
  var state: DispatchState
  let jobs: [JobLine]
  let scale: Scale
  let keys: TestKeyDesk
  var places: [Int: Place]
  var attempts: [Int: Int] = [:]
  var epoch = 1
  /// What of each job's segment is stored.
  var unclaimed: [Int]
  var leased: [Int: SegmentLease] = [:]
  var segmentsDone: Set<Int> = []
  var coming: [(at: ContinuousClock.Instant, what: Coming)] = []
  var freeSlots: Set<Int> = []
  var inFlight: [Int: Assignment] = [:]
  /// Jobs on their way that others have taken over.
  var lost: Set<Int> = []
  /// Jobs that were refused for their pace or their key, which may stand behind others.
  var refused: Set<Int> = []
  var spent = USD.zero
  var isPaused = false
  var disturbances: Int
  /// Nothing for a model may leave by an account before its provider's word has passed.
  var heldUntil: [String: ContinuousClock.Instant] = [:]
  var stopped: StopReason?
  var faults: [String] = []

  /// How large a world is.
  struct Scale {
    let segments: Int
    let segmentJobs: Int
    let slots: Int
    let accounts: Int
    let memory: Int
    let budget: USD?
    let isQueue: Bool
  }

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    scale = Scale(
      segments: .random(in: 1...6, using: &random),
      segmentJobs: .random(in: 1...6, using: &random),
      slots: .random(in: 1...6, using: &random),
      accounts: .random(in: 1...3, using: &random),
      memory: random.once(in: 2) ? 1_000 : 1 << 30,
      budget: random.once(in: 4) ? USD(nanos: .random(in: 100...2_000, using: &random)) : nil,
      isQueue: random.once(in: 3)
    )
    jobs = (0..<scale.segments * scale.segmentJobs).map { number in
      let model = random.once(in: 20) ? "nobody's" : random.once(in: 3) ? "b" : "a"
      let bytes = Int.random(in: 1...400, using: &random)
      return JobLine(
        number: number,
        id: "\(number)",
        shape: RequestShape(model: model, maxTokens: 10, bytes: bytes)
      )
    }
    places = Dictionary(uniqueKeysWithValues: jobs.map { ($0.number, .stored) })
    unclaimed = Array(0..<scale.segments)
    disturbances = .random(in: 0...12, using: &random)
    now = start
    keys = TestKeyDesk(accounts: scale.accounts)
    self.random = random
    state = Self.dispatcher(scale, keys, spent: .zero, seed: seed, at: now)
  }

  /// Accounts of which the first serves everything that any serves, and the others `a` alone.
  static func dispatcher(
    _ scale: Scale,
    _ keys: TestKeyDesk,
    spent: USD,
    seed: UInt64,
    at now: ContinuousClock.Instant
  ) -> DispatchState {
    var settings = DispatchState.Settings(
      lease: WorkerLease(length: scale.isQueue ? .seconds(60) : nil, at: now)
    )
    settings.retries = RetryPolicy(attempts: 3, base: 0.5, cap: 5)
    settings.memory = scale.memory
    settings.mostDelayed = 4
    settings.seed = seed
    let members = (0..<scale.accounts).map { index in
      AccountSet.Member(
        models: ModelMap(index == 0 ? ["a": "a", "b": "b"] : ["a": "a"]),
        state: AccountState(
          limits: RateLimits(requestsPerMinute: 6_000),
          charges: .anthropic,
          at: now
        )
      )
    }
    return DispatchState(
      settings,
      accounts: AccountSet(members),
      keys: keys,
      money: BudgetState(cap: scale.budget, spent: spent),
      supply: SegmentSupply(
        scale.isQueue ? .queue : .input,
        slots: scale.slots,
        segmentJobs: scale.segmentJobs,
        memory: 1 << 20
      )
    )
  }

  mutating func expect(_ isTrue: Bool, _ fault: @autoclosure () -> String) {
    if !isTrue { faults.append(fault()) }
  }

  /// Something will happen after a while of up to so many milliseconds.
  mutating func later(_ most: Int, _ what: Coming) {
    coming.append((now + .milliseconds(Int.random(in: 0...most, using: &random)), what))
  }
}

/// Keys that a test gives and takes away.
final class TestKeyDesk: KeyDesk {
  /// One key for all: which it is does not matter to the dispatcher.
  private static let ring = Keyring(sources: [TestKeySource("key")])

  private let has: TestFlags

  init(accounts: Int) {
    has = TestFlags(accounts)
  }

  static func load() async throws {
    if !ring.canLease { try await ring.load() }
  }

  func lease(_ account: Int) -> KeyLease? { has[account] ? Self.ring.lease() : nil }

  func canLease(_ account: Int) -> Bool { has[account] }

  var hasEverWorked: Bool { true }

  func set(_ account: Int, _ hasKey: Bool) { has[account] = hasKey }
}
