import CLinux
import FoundationEssentials
import Glibc

/// How much memory the system lets this process have.
package enum AllowedMemory {
  /// Address space that the program takes before it holds a single answer, bytes.
  private static let own = 300 << 20
  /// Memory that the program takes beside one large answer, bytes.
  private static let rest = 100 << 20

  /// What all prompts and answers together may take, bytes: `most`, or less where the system allows
  /// little, since of each there are copies for a moment, and the rest of the program needs some too.
  package static func forAll(most: Int) -> Int { part(of: most, share: 4, least: 8 << 20) }

  /// The most bytes of one line, of which there are copies and lists of what it holds: `most`, or less
  /// where the system allows little.
  package static func forLine(most: Int) -> Int { part(of: most, share: 8, least: 1 << 20) }

  /// The most bytes of one answer: a control group ends what takes more than it allows, and the answer
  /// would be paid for again and again.
  package static func forAnswer(most: Int) -> Int {
    max(8 << 20, min(most, controlGroup.map { $0 - rest } ?? most))
  }

  /// Whether a hundred large answers at once could be more than the system allows.
  package static var isLittle: Bool { allowed.map { $0 < 2 << 30 } ?? false }

  private static func part(of most: Int, share: Int, least: Int) -> Int {
    max(least, min(most, allowed.map { $0 / share } ?? most))
  }

  private static var allowed: Int? {
    [addressSpace.map { $0 - own }, controlGroup].compactMap(\.self).min()
  }

  /// Lets allocations of all threads come from one place where address space is limited: each arena of
  /// glibc reserves 64 MB of it (mallopt(3), M_ARENA_MAX).
  ///
  /// Call it before another thread exists.
  package static func prepare() {
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
  private static let controlGroup: Int? = {
    let root = "/sys/fs/cgroup"
    let groups = text("/proc/self/cgroup").split(separator: "\n")
    guard var path = groups.first(where: { $0.hasPrefix("0::/") })?.dropFirst(3) else { return nil }
    var limits: [Int] = []
    while true {
      let limit = text("\(root)\(path)/memory.max").split(separator: "\n").first
      if let limit = limit.flatMap({ Int($0) }) { limits.append(limit) }
      guard let end = path.lastIndex(of: "/") else { return limits.min() }
      path = path[..<end]
    }
  }()

  private static func text(_ path: String) -> String {
    (FileManager.default.contents(atPath: path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
