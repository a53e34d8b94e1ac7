import CLinux
import FoundationEssentials
import Glibc
import Runner

/// How much memory the system lets this process have.
enum AllowedMemory {
  /// Address space that the program takes before it holds a single answer, bytes.
  private static let own = 300 << 20
  /// The part of what is allowed that prompts and answers may take: of each there are copies for a
  /// moment, and the rest of the program needs some too.
  private static let share = 4
  /// Memory that the program takes beside one large answer, bytes.
  private static let rest = 100 << 20
  /// Less than this holds no answer of usual size.
  private static let least = 8 << 20

  /// What prompts and answers may take where nobody states it, bytes: as much as always, or less where
  /// the system allows little.
  static var usual: Int {
    let allowed = [addressSpace.map { $0 - own }, group(of: "/sys/fs/cgroup")].compactMap(\.self)
    guard let least = allowed.min() else { return RunPlan.defaultMemory }
    return max(Self.least, min(RunPlan.defaultMemory, least / share))
  }

  /// The most bytes of one answer: a control group ends what takes more than it allows, and the answer
  /// would be paid for again and again.
  static var largestAnswer: Int {
    guard let allowed = group(of: "/sys/fs/cgroup") else { return RunPlan.largestAnswer }
    return max(least, min(RunPlan.largestAnswer, allowed - rest))
  }

  /// Lets allocations of all threads come from one place where address space is limited: each arena of
  /// glibc reserves 64 MB of it (mallopt(3), M_ARENA_MAX).
  ///
  /// Call it before another thread exists.
  static func prepare() {
    if addressSpace != nil { _ = mallopt(M_ARENA_MAX, 1) }
  }

  /// The limit of `ulimit -v`, bytes.
  private static var addressSpace: Int? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur < UInt64(Int.max)
    else { return nil }
    return Int(limit.rlim_cur)
  }

  /// The least limit of the control groups that this process is in, bytes (cgroups(7), version 2).
  private static func group(of root: String) -> Int? {
    let groups = text("/proc/self/cgroup").split(separator: "\n")
    guard var path = groups.first(where: { $0.hasPrefix("0::/") })?.dropFirst(3) else { return nil }
    var limits: [Int] = []
    while true {
      let limit = text("\(root)\(path)/memory.max").split(separator: "\n").first
      if let limit = limit.flatMap({ Int($0) }) { limits.append(limit) }
      guard let end = path.lastIndex(of: "/") else { return limits.min() }
      path = path[..<end]
    }
  }

  private static func text(_ path: String) -> String {
    (FileManager.default.contents(atPath: path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
