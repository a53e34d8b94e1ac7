import Foundation
import Jobs
import Runner
import TestSupport
import Testing

/// Batches on a disk that turned some bits.
///
/// Nothing of it may end the process, and nothing that is read may be other than what was written.
/// `NIGHTJAR_SEEDS=10` makes ten times as many.
@Suite struct `A batch with turned bits` {
  private static let jobs = 80

  private let folder: TestFolder
  private let batch: String
  private let good: Set<String>
  private let sound: [UInt8]

  /// Three of four jobs have results, one of four of them a failure.
  init() async throws {
    folder = try TestFolder()
    batch = folder.file("r.jsonl.nightjar")
    let store = try Self.open(batch)
    for first in stride(from: 0, to: Self.jobs, by: 20) {
      _ = try await store.append([Self.segment(first)], isLast: true)
    }
    let results = (0..<Self.jobs * 3 / 4).map(Self.result)
    for claimed in try await store.claim(4).segments {
      var flush = Flush()
      flush.results = results.filter { $0.job / 20 == claimed.firstJob / 20 }
        .map { (claimed.lease, $0) }
      _ = try await store.commit(flush)
    }
    try store.close(isClean: true)
    let lines = results.filter { $0.state == .completed }.map(\.line.bytes)
    good = Set(lines.map { String(decoding: $0, as: UTF8.self) })
    sound = [UInt8](try Data(contentsOf: URL(fileURLWithPath: batch)))
  }

  private static func open(_ batch: String) throws(StoreError) -> any BatchStore {
    try Batches.open(batch, input: BatchInput(kind: .pipe, path: "-"), as: .worker())
  }

  private static func segment(_ first: Int) -> Segment {
    let lines = (first..<first + 20).map { #"{"id":"\#($0)","prompt":"p"}"# + "\n" }.joined()
    return Segment(
      firstJob: first,
      jobCount: 20,
      firstLine: first + 1,
      source: .inline(Array(lines.utf8))
    )
  }

  private static func result(_ job: Int) -> JobResult {
    let isGood = job % 4 != 0
    let text = String(repeating: "answer \(job) ", count: 1 + job % 20)
    let line =
      isGood ? #"{"id":"job_\#(job)","text":"\#(text)"}"# : #"{"id":"\#(job)","error":{}}"#
    return JobResult(
      job: job,
      state: isGood ? .completed : .failed,
      line: OutputLine(Array(line.utf8)),
      cause: isGood ? nil : "bad"
    )
  }

  private func write(_ bytes: [UInt8]) throws {
    for name in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: batch + name) }
    try Data(bytes).write(to: URL(fileURLWithPath: batch))
  }

  private func flipped(_ mutator: inout Mutator) -> [UInt8] {
    var bytes = sound
    for _ in 0..<mutator.one(of: [1, 1, 1, 2, 8]) {
      // Most of a page is empty, where nothing can go wrong.
      var place = mutator.number(0...bytes.count - 1)
      for _ in 0..<9 where bytes[place] == 0 { place = mutator.number(0...bytes.count - 1) }
      bytes[place] ^= 1 << UInt8(mutator.number(0...7))
    }
    return bytes
  }

  /// What `body` throws may only be that the batch is damaged.
  private func unlessDamaged<T>(_ body: () async throws -> T) async -> T? {
    do { return try await body() } catch {
      let code = (error as? StoreError)?.code
      // The input it names, and its version, can be what was turned.
      #expect([.damaged, .newerFormat, .inputChanged].contains(code), "\(error)")
      return nil
    }
  }

  @Test func `is exported as far as it can be read, and never wrongly`() async throws {
    var mutator = Mutator(seed: 71)
    for round in Mutator.rounds(80) {
      try write(flipped(&mutator))
      for isOrdered in [false, true] {
        let saved = folder.file("saved")
        try? FileManager.default.removeItem(atPath: saved)
        let outcome = await unlessDamaged {
          let inspector = try Batches.inspect(batch)
          let export = BatchExport(inspector: inspector, state: .completed, isOrdered: isOrdered)
          return try await export.write(to: OutputFile(path: saved, isNew: true))
        }
        guard let outcome else { continue }
        let lines = try folder.read("saved").split(separator: "\n").map(String.init)
        #expect(good.isSuperset(of: lines), "round \(round)")
        #expect(Set(lines).count == lines.count, "round \(round)")
        #expect(lines.count == good.count || outcome.unreadable > 0, "round \(round)")
      }
    }
  }

  @Test func `is looked at, opened and read without harm`() async throws {
    var mutator = Mutator(seed: 72)
    for round in Mutator.rounds(80) {
      try write(flipped(&mutator))
      let files = BatchFiles(output: folder.file("r.jsonl"))
      _ = await unlessDamaged { try await BatchCheck(files).findings() }
      await unlessDamaged {
        let store = try Self.open(batch)
        let results = try await store.results(after: 0, limit: .max)
        for result in results where result.isAsStored && result.state == .completed {
          #expect(
            good.contains(String(decoding: result.line.bytes, as: UTF8.self)),
            "round \(round)"
          )
        }
        _ = try await store.storedJobs()
        _ = try await store.causes(9)
        let claimed = try await store.claim(9).segments
        #expect(claimed.allSatisfy { $0.firstJob % 20 == 0 }, "round \(round)")
        try store.close(isClean: true)
      }
    }
  }

  @Test func `takes only whole answers from turned journals`() async throws {
    var mutator = Mutator(seed: 73)
    let lease = SegmentLease(segment: 4, epoch: 1)
    let late = (60..<Self.jobs).map(Self.result)
    let known = Set(late.map(\.line.bytes))
    let files = WorkerFiles(batch: batch, tag: "w9")
    var journal = try AnswerJournal(in: files)
    for result in late { try journal.append(result, under: lease) }
    let sends = try SendJournal(path: files.sent, capacity: 16)
    for job in 60..<76 { _ = sends.mark(job, worst: USD(nanos: job)) }
    let paths = [files.sent, files.answers[0]]
    let whole = try paths.map { path in
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      return Array(bytes.prefix((bytes.lastIndex { $0 != 0 } ?? 0) + 1))
    }
    for _ in Mutator.rounds(1_500) {
      for (path, bytes) in zip(paths, whole) {
        var bytes = bytes
        for _ in 0..<mutator.number(1...3) {
          bytes[mutator.number(0...bytes.count - 1)] ^= 1 << UInt8(mutator.number(0...7))
        }
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
      }
      for answer in AnswerJournal.answers(in: files) {
        #expect(known.contains(answer.result.line.bytes))
      }
      let record = SendJournal.record(at: files.sent)
      #expect(record.jobs.count <= 16 && record.unanswered >= .zero)
    }
  }
}
