import Foundation
import GRDB
import Jobs
import KeySources
import Runner
import Testing

/// Opens what a power cut left, as a run does, and says what is wrong with it.
final class PowerCutCheck {
  private let folder: Scratch
  private let recording: Recording
  /// The machine has started anew.
  private static let clock = LeaseClock(boot: "after the power cut") { 1_000 }
  /// Lines that were found to be right before.
  private var good: Set<Data> = []

  init(_ recording: Recording) throws {
    // Many small files: memory is faster than any disk, where there is that file system.
    let memory = "/dev/shm/"
    let isThere = FileManager.default.isWritableFile(atPath: memory)
    folder = try isThere ? Scratch(in: memory) : Scratch()
    self.recording = recording
  }

  /// What is wrong; empty where every promise was kept.
  func problems(of cut: PowerCut) async -> [String] {
    do {
      try folder.replaceFiles(with: cut.files)
      let lines = try await open()
      return problems(ofExport: cut) + problems(of: lines, shown: cut.shown)
        + problems(ofOutputs: lines)
        + (try problemsOfBatch())
    } catch {
      return ["it cannot be used: \(error)"]
    }
  }

  private typealias Lines = [JobResult.State: [Data]]

  /// Does what a run does before its first request; gives the results of the batch.
  private func open() async throws -> Lines {
    let path = folder.path(of: recording.kind.batch)
    let store = try SQLiteJobStore(
      path: path,
      input: recording.kind.batchInput(recording.input),
      access: recording.kind.access,
      clock: Self.clock
    )
    try AuditLog(path + "-audit").append([])
    if let found = try AuditReader.verify(path + "-audit").firstBreak {
      throw BrokenAudit(line: found.line, why: found.why)
    }
    if recording.kind == .run {
      let files = BatchFiles(output: folder.path(of: "out.jsonl"))
      let exporter = try Exporter(try #require(files.output))
      try await exporter.repair(from: store)
    }
    var lines: Lines = [:]
    var last = 0
    while let page = try await store.results(after: last, limit: 1_000).nonEmpty {
      for result in page { lines[result.state, default: []].append(Data(result.line.bytes)) }
      last = page[page.count - 1].sequence
    }
    try store.close(isClean: true)
    return lines
  }

  private func problems(of lines: Lines, shown: Set<Data>) -> [String] {
    var problems: [String] = []
    let kept = Set(lines.values.joined())
    let lost = shown.subtracting(kept)
    if !lost.isEmpty { problems.append("\(lost.count) results that were shown are lost") }
    for (state, lines) in lines {
      for line in lines where !good.contains(line) {
        if isRight(line, state) {
          good.insert(line)
        } else {
          problems.append("a damaged result: \(String(decoding: line, as: UTF8.self))")
        }
      }
    }
    return problems
  }

  private func isRight(_ line: Data, _ state: JobResult.State) -> Bool {
    guard state == .completed else {
      return (try? JSONDecoder().decode(FailedLine.self, from: line)) != nil
    }
    guard let result = try? JSONDecoder().decode(ResultLine.self, from: line) else { return false }
    let start = "Rehearsal \(promptHash("Prompt \(result.custom_id)")) "
    return result.response.body.text?.hasPrefix(start) == true
  }

  private func problems(ofOutputs lines: Lines) -> [String] {
    guard recording.kind == .run else { return [] }
    let outputs = [JobResult.State.completed: "out.jsonl", .failed: "out.failed.jsonl"]
    return outputs.compactMap { state, name in
      let whole = (lines[state] ?? []).reduce(into: Data()) { $0 += $1 + Data("\n".utf8) }
      let found = FileManager.default.contents(atPath: folder.path(of: name))
      return found == whole ? nil : "\(name) does not hold the results of the batch"
    }
  }

  private func problems(ofExport cut: PowerCut) -> [String] {
    let found = cut.files["copy.jsonl"].map { Data($0) }
    return cut.exports.contains(found)
      ? [] : ["the export holds neither its old results nor its new ones"]
  }

  /// Looks at the batch file with SQLite's own eyes.
  private func problemsOfBatch() throws -> [String] {
    let batch = try DatabaseQueue(path: folder.path(of: recording.kind.batch))
    defer { try? batch.close() }
    return try batch.read { db in
      let found = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      let wrong = try String.fetchAll(db, sql: Self.wrongCounters)
      return found + wrong.map { "the counter \($0) does not agree with the rows" }
    }
  }

  /// Names of the counters that are not what the rows say.
  private static let wrongCounters = """
    SELECT 'total' FROM batch
      WHERE total <> (SELECT coalesce(sum(job_count), 0) FROM segment)
    UNION ALL SELECT 'completed' FROM batch
      WHERE completed <> (SELECT count(*) FROM result WHERE state = 1)
    UNION ALL SELECT 'failed' FROM batch
      WHERE failed <> (SELECT count(*) FROM result WHERE state = 2)
    UNION ALL SELECT 'finished of segment ' || segment FROM segment
      WHERE finished <> (
        SELECT count(*) FROM result WHERE job >= first_job AND job < first_job + job_count)
    UNION ALL SELECT 'state of segment ' || segment FROM segment
      WHERE (state = 2) <> (finished = job_count)
    """
}

/// A log that looks as if somebody had changed it.
private struct BrokenAudit: Error {
  let line: Int
  let why: String
}

extension Array {
  fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
