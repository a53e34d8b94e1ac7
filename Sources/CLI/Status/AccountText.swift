import FoundationEssentials
import JSON
import Runner

/// The words for how an account stands.
struct AccountText {
  private let account: AccountReport

  init(_ account: AccountReport) {
    self.account = account
  }

  /// A line for `status`, and one for each complaint.
  var lines: [String] {
    let key = account.key.isEmpty ? "" : " with \(account.key)"
    let reason = account.reason.isEmpty ? "" : ", its jobs wait: \(account.reason)"
    let parts = ["account \(account.name): \(account.state)\(key)\(reason)"] + pace
    return [parts.joined(separator: ", ")] + account.complaints.map { "  \($0)" }
  }

  private var pace: [String] {
    guard account.state == "running" else { return rest.map { [$0] } ?? [] }
    var parts = ["\(account.inFlight) in flight"]
    parts.append(hold() ?? "held back by nothing")
    parts.append("asked to slow down \(times(account.rateLimited))")
    return parts
  }

  /// What holds the account back, in a few words; nil where nothing does.
  ///
  /// - Parameter told: what is told already of why requests fail.
  func hold(besides told: String? = nil) -> String? {
    guard let hold, let trouble = account.trouble, trouble != told else { return hold }
    return "\(hold); the last error: \(trouble)"
  }

  private var hold: String? {
    guard let name = account.heldBy else { return nil }
    if let limit = account.limit(name), let used = share(of: limit) {
      return "held by \(name): \(used)"
    }
    return (["held by \(name)"] + (rest.map { [$0] } ?? [])).joined(separator: " ")
  }

  /// What held it back most of a run that is over.
  var binding: String {
    var parts: [String] = []
    if let binding = account.binding {
      let limit = account.limit(binding.name).flatMap(known).map { " (\($0))" } ?? ""
      let time = "\(Int(saturating: 100 * binding.share)) % of the time that jobs waited"
      parts.append(
        binding.name == "nothing"
          ? "mostly held back by nothing"
          : "held by \(binding.name)\(limit) \(time)"
      )
    }
    parts.append("asked to slow down \(times(account.rateLimited))")
    return "account \(account.name): \(parts.joined(separator: ", "))"
  }

  /// The pacer's whole view, a block of lines.
  var explanation: [String] {
    lines + account.pacers.flatMap(explain)
  }

  private func explain(_ pacer: PacerReport) -> [String] {
    let model = pacer.model.isEmpty ? "requests that name no model" : "model \(pacer.model)"
    let head =
      "  \(model): \(pacer.inFlight) in flight; an answer takes \(pacer.latency) s, "
      + "a byte is \(pacer.tokensPerByte) tokens, output counts as \(words[pacer.outputCharge] ?? "")"
    return [head] + pacer.limits.map(explain)
  }

  private var words: [String: String] {
    [
      "produced": "it is produced", "reserved": "max_tokens until the answer is there",
      "input": "nothing",
    ]
  }

  private func explain(_ limit: PacerReport.Limit) -> String {
    var parts = [known(limit) ?? "no limit known"]
    if let learned = limit.learnedPerMinute, let stated = limit.statedPerMinute {
      parts.append(
        limit.isStatedBinding ? "headers allow \(grouped(learned))" : "stated \(grouped(stated))"
      )
    }
    if let pace = limit.pacePerMinute { parts.append("pace \(grouped(pace)) a minute") }
    let used = limit.utilisation.map { " (\(percent($0)))" } ?? ""
    parts.append("used \(grouped(limit.usedPerMinute))\(used)")
    if let remaining = limit.remaining, let capacity = limit.capacity {
      parts.append("the provider has \(grouped(remaining)) of \(grouped(capacity)) left")
    }
    if limit.multiplier < 1 { parts.append("\(percent(limit.multiplier)) of the limit tried") }
    return "    \(limit.meter): " + parts.joined(separator: ", ")
  }

  private func known(_ limit: PacerReport.Limit) -> String? {
    limit.perMinute.map {
      "\(grouped($0)) a minute, \(limit.isStatedBinding ? "as stated" : "from headers")"
    }
  }

  private func share(of limit: PacerReport.Limit) -> String? {
    guard let utilisation = limit.utilisation, let known = known(limit) else { return nil }
    return "\(percent(utilisation)) of \(known)"
  }

  private var rest: String? {
    account.heldFor.map { "for \(span($0)) more" }
  }

  private func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  private func percent(_ share: Double) -> String { "\((share * 1_000).rounded() / 10) %" }

  /// A whole number with commas between its thousands.
  private func grouped(_ value: Double) -> String {
    var digits = Array(String(Int(saturating: min(max(value, -1e15), 1e15))))
    var place = digits.count - 3
    while place > (digits.first == "-" ? 1 : 0) {
      digits.insert(",", at: place)
      place -= 3
    }
    return String(digits)
  }
}

extension AccountReport {
  /// The limit of this name with the highest use.
  fileprivate func limit(_ name: String) -> PacerReport.Limit? {
    pacers.flatMap(\.limits).filter { $0.meter == name }
      .max { ($0.utilisation ?? 0) < ($1.utilisation ?? 0) }
  }
}
