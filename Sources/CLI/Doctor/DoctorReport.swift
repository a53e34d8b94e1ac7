import JSON
import KeySources
import Runner
import Transport

/// What a doctor says: a table of the ways to the endpoints, and everything that was found.
struct DoctorReport {
  let paths: [PathCheck]
  let findings: [Finding]
  /// Milliseconds since 1970, against which certificates are read.
  let now: Int64

  /// - Parameter findings: those that are of no path.
  init(_ paths: [PathCheck], _ findings: [Finding], at now: Int64) {
    self.paths = paths
    self.now = now
    self.findings =
      findings + paths.compactMap(\.fault) + Self.clock(paths)
      + paths.compactMap { Self.certificate($0, at: now) }
  }

  var exitCode: Int32 { findings.exitCode }

  // MARK: - What paths tell together

  /// Beyond this, in seconds, signatures and dates of limits are read wrongly.
  private static let mostSkew = 60

  private static func clock(_ paths: [PathCheck]) -> [Finding] {
    guard let skew = paths.compactMap(\.skew).min(by: { abs($0) < abs($1) }) else { return [] }
    guard abs(skew) > mostSkew else {
      return [Finding("clock", .fine, "within \(max(1, abs(skew))) s of the provider's")]
    }
    return [
      Finding(
        "clock",
        .warning,
        "this machine's is \(abs(skew)) s \(skew > 0 ? "behind" : "ahead of") the provider's",
        next: "set it, as by `chronyd` or `systemd-timesyncd`"
      )
    ]
  }

  private static func certificate(_ check: PathCheck, at now: Int64) -> Finding? {
    guard let days = check.path?.certificate?.daysLeft(at: now), days < 14 else { return nil }
    return Finding(check.subject.endpoint, .warning, "its certificate expires in \(days) days")
  }

  // MARK: - For people

  var lines: String {
    let head = [
      "ACCOUNT", "KEY", "ENDPOINT", "ROUTE", "ADDRESS", "NAME", "TCP", "TLS", "ANSWER", "HTTP",
      "CERTIFICATE", "ACCEPTED",
    ]
    let table = paths.isEmpty ? [] : [TextTable.text([head] + paths.map { row($0) }), ""]
    return (table + findings.flatMap(Self.lines)).joined(separator: "\n")
  }

  private func row(_ check: PathCheck) -> [String] {
    let (path, subject) = (check.path, check.subject)
    return [
      subject.account, subject.key, subject.endpoint, subject.route, path?.address ?? "-",
      Self.text(path?.resolved), Self.text(path?.steps.connect), Self.text(path?.steps.secure),
      Self.text(path?.steps.answer), check.version.map { $0 == .http2 ? "2" : "1.1" } ?? "-",
      path?.certificate.map { $0.words(at: now) } ?? "-",
      check.isAccepted.map { $0 ? "yes" : "no" } ?? "-",
    ]
  }

  private static func text(_ step: Duration?) -> String {
    step.map { "\($0.milliseconds) ms" } ?? "-"
  }

  private static func lines(_ finding: Finding) -> [String] {
    let mark =
      switch finding.grade {
      case .fine: "ok     "
      case .warning: "warning"
      case .fault: "fault  "
      }
    let line = "\(mark)  \(finding.subject): \(finding.words)".shown
    return [line] + (finding.next.map { ["         next: \($0)".shown] } ?? [])
  }

  // MARK: - For programs

  var json: String {
    var text: [UInt8] = []
    text.appendRaw("{\"exit\":\(exitCode),\"paths\":[")
    for (index, check) in paths.enumerated() {
      if index > 0 { text.appendRaw(",") }
      append(check, to: &text)
    }
    text.appendRaw("],\"findings\":[")
    for (index, finding) in findings.enumerated() {
      if index > 0 { text.appendRaw(",") }
      text.appendFields([
        ("subject", finding.subject), ("grade", finding.grade.name), ("words", finding.words),
        ("next", finding.next),
      ])
    }
    text.appendRaw("]}")
    return String(decoding: text, as: UTF8.self)
  }

  private func append(_ check: PathCheck, to text: inout [UInt8]) {
    let (path, subject) = (check.path, check.subject)
    text.appendFields([
      ("account", subject.account), ("key", subject.key), ("endpoint", subject.endpoint),
      ("route", subject.route), ("address", path?.address),
      ("issuer", path?.certificate?.issuer), ("expires", path?.certificate?.expires),
      ("http", check.version.map { $0 == .http2 ? "2" : "1.1" }),
    ])
    text.removeLast()
    text.appendRaw(",\"accepted\":\(check.isAccepted.map(String.init) ?? "null")")
    text.appendRaw(",\"status\":\(check.status.map(String.init) ?? "null")")
    for (name, step) in [
      ("name_ms", path?.resolved), ("tcp_ms", path?.steps.connect), ("tls_ms", path?.steps.secure),
      ("answer_ms", path?.steps.answer),
    ] {
      text.appendRaw(",\"\(name)\":\(step.map { String($0.milliseconds) } ?? "null")")
    }
    text.appendRaw("}")
  }
}

extension Finding.Grade {
  fileprivate var name: String {
    switch self {
    case .fine: "ok"
    case .warning: "warning"
    case .fault: "fault"
    }
  }
}

extension PathReport {
  /// How long each step took by itself.
  fileprivate var steps: (connect: Duration, secure: Duration?, answer: Duration) {
    let secure = secured > .zero ? max(.zero, secured - connected) : nil
    return (
      max(.zero, connected - resolved), secure, max(.zero, answered - max(connected, secured))
    )
  }
}

extension PathReport.Certificate {
  /// Whole days; nil where the date cannot be read.
  fileprivate func daysLeft(at now: Int64) -> Int? {
    // Without the name of the day this is the third form of a date in HTTP.
    Timestamp.httpDate("day " + expires).map { Int(($0 - now) / 86_400_000) }
  }

  fileprivate func words(at now: Int64) -> String {
    let fields = issuer.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
    func field(_ name: String) -> String? {
      fields.first { $0.count == 2 && $0[0].trimmed == name }.map { String($0[1].trimmed) }
    }
    let name = field("O") ?? field("CN") ?? issuer
    return name + (daysLeft(at: now).map { ", \($0) days" } ?? "")
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " }
    return start[..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex)]
  }
}

extension [UInt8] {
  /// An object of texts; those that are nil are left out.
  fileprivate mutating func appendFields(_ fields: [(name: String, value: String?)]) {
    appendRaw("{")
    var isFirst = true
    for case (let name, .some(let value)) in fields {
      if !isFirst { appendRaw(",") }
      isFirst = false
      appendRaw("\"\(name)\":")
      appendJSON(value)
    }
    appendRaw("}")
  }
}
