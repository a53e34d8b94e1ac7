import Jobs
import KeySources
import Runner
import Transport

/// What a run needs of this machine, apart from the network.
struct MachineCheck {
  let settings: Settings
  /// Where results or a queue will lie.
  let place: String

  var findings: [Finding] {
    let accounts = settings.accounts.map { Finding("limits of \($0.name)", .fine, $0.limits.words) }
    return accounts + [disk, connections, memory] + proxies
  }

  private var folder: String {
    place.lastIndex(of: "/").map { String(place[...$0]) } ?? "."
  }

  /// Below this, in bytes, a batch of some thousand answers is soon at its end.
  private static let littleSpace = 1 << 30

  private var disk: Finding {
    let kind = FileSystemKind(at: folder)
    if let refusal = kind.refusal(at: place) {
      return Finding("disk", .fault(73), refusal.message, next: refusal.next)
    }
    guard let free = FreeSpace.bytes(at: folder) else {
      return Finding(
        "disk",
        .fault(73),
        "there is no folder \(folder)",
        next: "make it, or choose another output"
      )
    }
    let words = "\(free / 1_000_000) MB are free in \(folder)"
    guard free >= Self.littleSpace else {
      return Finding("disk", .warning, words, next: "make room: every answer is kept twice")
    }
    return kind.warning(at: place).map { Finding("disk", .warning, $0) }
      ?? Finding("disk", .fine, words)
  }

  private var connections: Finding {
    let wanted = settings.pace.concurrency()
    let room = FileLimit.raise(toHold: wanted)
    guard room < wanted else {
      return Finding("connections", .fine, "room for all \(wanted) requests in flight")
    }
    return Finding(
      "connections",
      .warning,
      "this system allows \(room) of \(wanted) requests in flight",
      next: "raise `ulimit -n`"
    )
  }

  private var memory: Finding {
    guard AllowedMemory.isLittle else {
      return Finding(
        "memory",
        .fine,
        "\(settings.pace.memory / 1_000_000) MB for prompts and answers"
      )
    }
    return Finding(
      "memory",
      .warning,
      "little is allowed, so that requests go over HTTP/1.1, with a connection for each",
      next: "raise `ulimit -v` or the limit of the container above 2 GB"
    )
  }

  /// Variables that other programs heed, and this one does not.
  private var proxies: [Finding] {
    guard let name = CustomaryProxy.variable(in: KeySources.variable), !settings.routes.hasProxy
    else { return [] }
    return [
      Finding(
        "environment",
        .warning,
        "\(name) is set, and not heeded",
        next: "where requests have to go by it: --proxy env"
      )
    ]
  }
}

extension RateLimits {
  fileprivate var words: String {
    let stated = [
      (requestsPerMinute, "requests"), (inputTokensPerMinute, "input tokens"),
      (outputTokensPerMinute, "output tokens"),
    ]
    .compactMap { number, name in number.map { "\($0) \(name)" } }
    let least = "as the provider's headers tell"
    return stated.isEmpty ? least : stated.joined(separator: ", ") + " a minute"
  }
}

extension RouteBook {
  /// Whether any request may go by a proxy.
  fileprivate var hasProxy: Bool {
    let routes = stated.map { [$0] } ?? [usual] + named
    return routes.contains { route in
      if case .proxy = route.way { return true }
      return false
    }
  }
}
