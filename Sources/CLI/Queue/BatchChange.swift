import Jobs
import Runner

/// A batch that a user changes from outside: a queue at any time, that of a run while it rests.
struct BatchChange {
  let files: BatchFiles
  let store: any BatchStore
  private let target: String

  /// - Throws: ``CLIError`` while a run works on the batch.
  init(_ target: String) throws {
    self.target = target
    files = try BatchTarget(target).files
    do throws(StoreError) {
      store = try Batches.change(files.batch, onWait: Console.shared.tell)
    } catch {
      guard error.code == .owned else { throw error }
      throw CLIError(
        "a run is working on this batch, and only it may change it until it ends",
        at: files.batch,
        next: "stop it first, with ^C or `nightjar drain \(target)`, and give this command again",
        exitCode: 75
      )
    }
  }

  /// The jobs that have these ids.
  ///
  /// - Throws: ``CLIError`` that names the ids which no job has.
  func jobs(_ ids: [String]) async throws -> JobSelection {
    let input = try Batches.inspect(files.batch).input().found(beside: files.batch)
    let wanted = Set(ids.map(JobID.init))
    let found = try await JobFinder(store, input: input).numbers(of: wanted)
    let missing = wanted.subtracting(found.keys).map(\.text).sorted()
    guard missing.isEmpty else {
      let names = missing.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
      let more = missing.count > 5 ? " and \(missing.count - 5) more" : ""
      throw CLIError(
        "no job has the id \(names)\(more); nothing was changed",
        at: files.batch,
        next: "give ids as they stand in the input (id or custom_id; of a document its path)",
        exitCode: 64
      )
    }
    return .jobs(Set(found.values))
  }

  /// Makes the change while the files that show results agree with the batch, before it and after it,
  /// and closes the batch.
  ///
  /// - Returns: how many jobs the change was made for.
  /// - Throws: ``StoreError``; where the files cannot be made to agree, nothing was changed.
  func make(_ change: (any BatchStore) async throws -> Int) async throws -> Int {
    let exporter = try files.exporter()
    try await exporter?.repair(from: store)
    let count = try await change(store)
    if let exporter {
      try await exporter.repair(from: store)
      // So that the next run need not compare them once more.
      var flush = Flush()
      flush.exports = try await exporter.sync()
      _ = try await store.commit(flush)
    }
    try store.close(isClean: true)
    return count
  }

  /// What to do so that the jobs are done.
  var next: String {
    get throws {
      let isQueue = try Batches.inspect(files.batch).input().kind == .queue
      return isQueue
        ? "workers take them as they come" : "give the command of the run again to do them"
    }
  }
}

/// A number of jobs in words.
func jobs(_ count: Int) -> String { count == 1 ? "1 job" : "\(count) jobs" }
