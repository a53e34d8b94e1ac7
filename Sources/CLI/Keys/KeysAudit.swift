import ArgumentParser
import FoundationEssentials
import Jobs
import KeySources
import Runner

/// `nightjar keys audit`: which key served what, and what happened to the keys.
struct KeysAudit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Show or check which key served what, and what happened to keys.",
    discussion: """
      Without TARGET, shows every change of the keystore. With the job file, the results or the \
      .nightjar file of a batch, shows which keys served which jobs there: by their name, version \
      and fingerprint, never their value.

      Each line of a log holds the hash of the line before. So --verify finds lines that were \
      changed, dropped or inserted in the middle. It cannot find that the last lines were cut \
      off, or that somebody who could write the file has written all of it anew: for that, keep \
      the head that --verify prints somewhere else, and give it later with --expect, which \
      demands that the log still contains it. Broken logs give exit status 65.

      Example:
        nightjar keys audit
        nightjar keys audit results.jsonl
        nightjar keys audit results.jsonl --verify
        nightjar keys audit results.jsonl --json | jq 'select(.event == "attempts")'
      """
  )

  @Argument(
    help: "A job file (.yaml), a results file, a .nightjar file, or an audit log itself.",
    completion: .file()
  )
  var target: String?

  @Flag(help: "Check the log instead of showing it.")
  var verify = false

  @Option(
    help: ArgumentHelp("Demand that the log contains this head, noted earlier.", valueName: "hash")
  )
  var expect: String?

  @Flag(help: "Print the lines as they are, JSON; with --verify, one object.")
  var json = false

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func validate() throws {
    let digits = expect.map { $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) } ?? true
    guard digits else { throw ValidationError("a head has 64 hexadecimal digits") }
  }

  func run() throws {
    let path = try log()
    guard AuditReader.exists(path) else {
      throw CLIError(
        "there is no audit log",
        at: path,
        next: "changes of a keystore and runs with keys write one; check the name",
        exitCode: 66
      )
    }
    if verify || expect != nil { return try check(path) }
    try show(path)
  }

  /// Prints every line, many at a time: a log may have millions.
  private func show(_ path: String) throws {
    var lines: [String] = []
    try AuditReader.forEachLine(of: path) { line in
      lines.append(json ? String(decoding: line, as: UTF8.self) : Self.text(line))
      if lines.count == 256 {
        printResult(lines.joined(separator: "\n"))
        lines.removeAll(keepingCapacity: true)
      }
      return true
    }
    if !lines.isEmpty { printResult(lines.joined(separator: "\n")) }
  }

  private func log() throws -> String {
    guard let target else { return options.location.auditLog }
    let isNamed = [Self.batchEnding, ".audit"].contains(where: target.hasSuffix)
    if isNamed || AuditReader.isLog(target) { return target }
    return try BatchTarget(target).files.batch + Self.batchEnding
  }

  private static let batchEnding = "-audit"

  /// Why a log cannot be empty; nil where it may be.
  ///
  /// A keystore's begins with the keystore, a batch's with its first request.
  private func missed(in path: String) -> String? {
    if path == options.location.auditLog { return "the keystore was made" }
    guard path.hasSuffix(Self.batchEnding) else { return nil }
    let batch = String(path.dropLast(Self.batchEnding.count))
    let sent = (try? Batches.inspect(batch).summary().traffic.requestsSent) ?? 0
    return sent > 0 ? "the batch has sent \(sent) \(sent == 1 ? "request" : "requests")" : nil
  }

  private func check(_ path: String) throws {
    let expected = expect?.lowercased()
    let summary = try AuditReader.verify(path, expecting: expected)
    printResult(json ? try Self.json(summary) : Self.text(summary))
    if let broken = summary.firstBreak {
      throw CLIError(
        "the audit log is broken: \(broken.why)",
        at: "\(path):\(broken.line)",
        next: "lines before this one are as they were written; keep the file as evidence, and "
          + "move it away to begin a new one",
        exitCode: 65
      )
    }
    if summary.entries == 0, let missed = missed(in: path) {
      throw CLIError(
        "the audit log is empty, although \(missed): somebody has emptied it, or the disk has lost it",
        at: path,
        next: "bring it back from a backup, and give that the head you noted: --expect",
        exitCode: 65
      )
    }
    guard expected == nil || summary.hasExpected else {
      throw CLIError(
        "the audit log does not contain the expected head: its end was cut off, or it was written "
          + "anew, or the head is that of another log",
        at: path,
        exitCode: 65
      )
    }
  }

  // MARK: - Printing

  /// A line for people.
  private static func text(_ line: ArraySlice<UInt8>) -> String {
    guard let record = AuditRecord(line) else { return "(not a line of an audit log)" }
    let key = record["key"].map { key in
      key + (record["version"].map { " v\($0)" } ?? "")
        + (record["fingerprint"].map { " (\($0))" } ?? "")
    }
    let jobs = record["jobs"].map {
      "\(record["count"] ?? "?") \(record["outcome"] ?? ""): jobs \($0)"
    }
    let parts = [record["event"], record["account"], key, jobs, record["detail"]]
    let text = ([record["at"] ?? "?"] + parts.compactMap(\.self)).joined(separator: "  ")
    return String(text.map { ($0.asciiValue ?? 0x20) < 0x20 ? " " : $0 })
  }

  private static func text(_ summary: AuditReader.Summary) -> String {
    """
    verdict: \(verdict(summary))
    entries: \(summary.entries)
    first:   \(summary.first ?? "-")
    last:    \(summary.last ?? "-")
    head:    \(summary.head)
    """ + (summary.unfinished > 0 ? "\nunfinished: \(summary.unfinished) bytes at the end" : "")
  }

  private static func verdict(_ summary: AuditReader.Summary) -> String {
    if summary.firstBreak != nil { return "broken" }
    if summary.entries == 0 { return "empty: it has no entry that could be checked" }
    let known = summary.hasExpected ? ", and it contains the expected head" : ""
    return "whole: each line follows from the one before\(known)"
  }

  /// The summary as `--json` prints it.
  private struct Report: Encodable {
    struct Break: Encodable {
      let line: Int
      let why: String
    }
    let entries: Int
    let first: String?
    let last: String?
    let head: String
    let unfinished: Int
    let whole: Bool
    let broken: Break?
  }

  private static func json(_ summary: AuditReader.Summary) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let report = Report(
      entries: summary.entries,
      first: summary.first,
      last: summary.last,
      head: summary.head,
      unfinished: summary.unfinished,
      whole: summary.firstBreak == nil && summary.entries > 0,
      broken: summary.firstBreak.map { .init(line: $0.line, why: $0.why) }
    )
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }
}
