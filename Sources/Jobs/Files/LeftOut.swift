import Synchronization

/// What a folder holds that is no document of it: how much, by why, and an example of each.
package struct LeftOut: Sendable, Equatable {
  /// Why something is no document.
  package enum Reason: CaseIterable, Sendable {
    /// A link to what is not in the folder.
    case outside
    /// A link back to where it came from, or to a folder that another link leads to.
    case circle
    /// What the system shows as files: `/proc`, `/sys`, `/dev`.
    case system
    /// A file of a batch, its results included, or one that holds keys.
    case own
    /// A pipe, a socket, a device.
    case special
    /// A file of lines, each of which would be a job.
    case lines
  }

  private var counts: [Reason: Int] = [:]
  private var examples: [Reason: String] = [:]

  package init() {}

  package mutating func note(_ reason: Reason, _ path: String) {
    counts[reason, default: 0] += 1
    if examples[reason] == nil { examples[reason] = path }
  }

  /// What the user is told; nil where nothing was left out.
  ///
  /// - Parameter folder: as the user named it.
  package func text(of folder: String) -> String? {
    let parts = Reason.allCases.compactMap { reason in
      counts[reason].map { "\($0) \(Self.words(reason)) (such as \(examples[reason] ?? ""))" }
    }
    guard !parts.isEmpty else { return nil }
    let outside = counts[.outside] == nil ? "" : "; --follow-links reads what links lead to"
    let lines = counts[.lines] == nil ? "" : "; \(Self.linesAdvice)"
    let hint = outside + lines
    return "left out of \(folder): " + parts.joined(separator: ", ") + hint
  }

  /// What to do with files of lines.
  static let linesAdvice =
    "each of them is an input of its own, or all together one: `cat *.jsonl | nightjar run -`"

  /// Whether something was left out for this reason.
  func has(_ reason: Reason) -> Bool { counts[reason] != nil }

  private static func words(_ reason: Reason) -> String {
    switch reason {
    case .outside: "to which links lead out of the folder"
    case .circle: "linked in a circle or twice"
    case .system: "of the system's own files"
    case .own: "of a batch, or holding keys"
    case .special: "that is no file: a pipe, socket or device"
    case .lines: "of lines of JSON"
    }
  }
}

/// Tells the user something once, however often the input is read.
package final class OneNotice: Sendable {
  private let isTold = Mutex(false)
  private let tell: @Sendable (String) -> Void

  package init(_ tell: @escaping @Sendable (String) -> Void) {
    self.tell = tell
  }

  package func tell(_ text: String?) {
    guard let text else { return }
    let isFirst = isTold.withLock { isTold in
      defer { isTold = true }
      return !isTold
    }
    if isFirst { tell(text) }
  }
}
