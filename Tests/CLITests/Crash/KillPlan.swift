import Foundation
import TestSupport

/// When the processes of a drill are killed: so that the kills fall evenly over the batch, and some
/// of them into the start of a process, where it takes in what the one before left behind.
struct KillPlan {
  /// When a kill comes.
  enum Time {
    /// So many seconds after the process was started.
    case starting(Double)
    /// So many seconds after it began to send.
    case atWork(Double)

    var seconds: Double {
      switch self {
      case .starting(let seconds), .atWork(let seconds): seconds
      }
    }
  }

  /// About how long a process takes until it sends.
  private static let start = 0.25
  /// The share of the jobs that is to be done when the last process is killed.
  private static let share = 0.6

  private var generator: SeededGenerator
  private var left: Int
  private let longest: Double

  /// - Parameters:
  ///   - rate: how many jobs a second are done while nothing is killed.
  init(kills: Int, jobs: Int, rate: Double, seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    left = kills
    longest = 2 * Self.share * Double(jobs) / (Double(kills) * rate)
  }

  /// When the next kill comes; nil after the last one.
  mutating func next() -> Time? {
    guard left > 0 else { return nil }
    left -= 1
    return left.isMultiple(of: 4)
      ? .starting(.random(in: 0..<Self.start, using: &generator))
      : .atWork(.random(in: 0..<longest, using: &generator))
  }

  /// Any of them, for the next kill.
  mutating func choose(from count: Int) -> Int { .random(in: 0..<count, using: &generator) }
}

/// How large the drills are: small in `make test`, as large as asked for in `make test-crash`.
enum DrillScale {
  static let kills = number("NIGHTJAR_KILLS") ?? 15
  static let jobs = number("NIGHTJAR_JOBS") ?? 1_500
  static let seed = UInt64(number("NIGHTJAR_SEED") ?? 1)

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init)
  }
}
