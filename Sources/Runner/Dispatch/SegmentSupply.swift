/// When segments are claimed, and when there will be none any more: a pure value.
package struct SegmentSupply: Sendable {
  /// Where new segments come from.
  package enum Source: Sendable {
    /// From an input that is read meanwhile, and ends.
    case input
    /// From others, at any time.
    case queue
  }

  /// What a claim brought.
  package enum Claimed: Sendable {
    case segments
    /// Nothing; `isAtEnd` says that nobody has anything left to do.
    case nothing(isAtEnd: Bool)
  }

  /// How often a queue without work for us is looked at.
  static let pollInterval: Duration = .milliseconds(250)
  /// Segments that are claimed at most at a time.
  private static let mostSegments = 64
  /// About what a segment of lines takes in memory, bytes, before any was seen.
  private static let usualBytes = 1 << 20
  /// Jobs beyond which no more are claimed, whatever they wait for.
  static let mostJobs = 20_000

  private let source: Source
  /// Claims are due when fewer jobs than this are ready.
  let lowWater: Int
  private let segmentJobs: Int
  /// Bytes of lines that may be held.
  private let mostBytes: Int
  private(set) var isEnded = false
  private var isClaiming = false
  private var mayClaim = true
  private var isInputComplete = false
  /// Whether the input was complete when the claim under way began.
  private var wasInputComplete = false
  /// What the last segment took in memory, or what is usual where that is more.
  private var segmentBytes = Self.usualBytes
  /// When a queue is looked at again.
  private(set) var nextLook: ContinuousClock.Instant?

  /// - Parameters:
  ///   - slots: how many jobs can be on their way at a time.
  ///   - segmentJobs: how many jobs a segment has.
  ///   - memory: bytes of lines that may be held.
  package init(_ source: Source, slots: Int, segmentJobs: Int, memory: Int) {
    self.source = source
    self.segmentJobs = segmentJobs
    mostBytes = memory
    switch source {
    case .input: lowWater = max(slots, segmentJobs)
    // What one worker holds ready, others cannot take.
    case .queue: lowWater = slots / 4 + 1
    }
  }

  /// New segments are in the store.
  mutating func grew(isComplete: Bool) {
    isInputComplete = isInputComplete || isComplete
    mayClaim = true
  }

  /// A segment was claimed whose lines take so many bytes.
  mutating func took(_ bytes: Int) { segmentBytes = max(Self.usualBytes, bytes) }

  /// How many segments to claim now; nil for none.
  ///
  /// - Parameters:
  ///   - ready: jobs that are held and could leave.
  ///   - isStarved: whether slots are free although jobs are held, all of which wait for something
  ///     that other jobs do not need.
  ///   - bytes: of lines that are held.
  mutating func claim(
    ready: Int,
    isStarved: Bool,
    bytes: Int,
    at now: ContinuousClock.Instant
  ) -> Int? {
    if let look = nextLook, look <= now {
      nextLook = nil
      mayClaim = true
    }
    let isWanted = ready < lowWater || (isStarved && ready < Self.mostJobs)
    guard !isClaiming, !isEnded, mayClaim, isWanted, ready == 0 || bytes < mostBytes else {
      return nil
    }
    isClaiming = true
    mayClaim = false
    wasInputComplete = isInputComplete
    let room = max(0, mostBytes - bytes) / segmentBytes
    let missing = (2 * lowWater - ready) / segmentJobs
    return max(1, min(Self.mostSegments, missing, room))
  }

  /// The claim is over.
  mutating func ended(_ claimed: Claimed, at now: ContinuousClock.Instant) {
    isClaiming = false
    switch (claimed, source) {
    case (.segments, _): mayClaim = true
    case (.nothing(let isAtEnd), .queue):
      isEnded = isAtEnd
      nextLook = now + Self.pollInterval
    case (.nothing, .input): isEnded = wasInputComplete
    }
  }
}
