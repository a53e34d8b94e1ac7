package import Jobs
package import Transport

/// Everything a run needs to know, with every default filled in.
package struct RunPlan: Sendable {
  /// The files of a batch.
  package struct Files: Sendable, Equatable {
    package let batch: String
    /// Where results are shown; nil for a queue, whose results only `nightjar export` writes, and
    /// where that is not known.
    package let output: Output?

    /// - Parameters:
    ///   - output: such as `results.jsonl`; another ending is kept whole.
    ///   - batch: where the batch lies; nil for beside the output.
    package init(output: String, batch: String? = nil) {
      self.batch = batch ?? output + ".nightjar"
      self.output = Output(output)
    }

    package init(batch: String) {
      self.batch = batch
      output = nil
    }
  }

  /// The files that show the results of a run.
  package struct Output: Sendable, Equatable {
    package let completed: String
    package let failed: String

    init(_ output: String) {
      completed = output
      failed =
        output.hasSuffix(".jsonl")
        ? output.dropLast(".jsonl".count) + ".failed.jsonl" : output + ".failed.jsonl"
    }
  }

  /// Where jobs come from.
  package struct Input: Sendable {
    package let source: InputSource
    /// The input as the user named it.
    package let name: String
    /// Its absolute path; "-" for a pipe.
    package let path: String

    package init(source: InputSource, name: String, path: String) {
      self.source = source
      self.name = name
      self.path = path
    }

    var file: InputFile? {
      if case .file(let file) = source { return file }
      return nil
    }

    /// Lets nobody wait any longer for a pipe to say more.
    func stopWaiting() {
      if case .pipe(let pipe) = source { pipe.stopWaiting() }
    }

    /// True where jobs come by a queue that others share.
    var isQueue: Bool { batchInput.kind == .queue }

    var batchInput: BatchInput {
      switch source {
      case .file: BatchInput(kind: .file, path: path)
      case .pipe: BatchInput(kind: .pipe, path: path)
      case .folder: BatchInput(kind: .folder, path: path)
      case .queue: BatchInput(kind: .queue, path: "")
      }
    }
  }

  /// 256 MB hold a thousand requests of 100 KB with their answers.
  package static let defaultMemory = 256_000_000

  package let input: Input
  package let files: Files
  package let provider: any Provider
  package let preparer: JobPreparer
  package let accounts: [Account]
  /// The most requests in flight, at least one.
  package let concurrency: Int
  /// The bytes of bodies, encoded requests and answers that are held at a time; a job that is larger
  /// runs alone.
  package let memory: Int
  /// How many jobs of the input are run at most; nil for all.
  package let limit: Int?
  package let deadlines: Deadlines
  package let retries: RetryPolicy
  /// What models cost.
  package let prices: Prices
  /// The most that the batch may cost; nil for no limit.
  package let budget: USD?
  /// How long a run in which no endpoint ever answered goes on; nil for a worker that parks and
  /// waits also where nothing has ever worked.
  package let giveUpAfter: Duration?
  /// How long a run waits while every account is parked; nil for ever.
  package let parkFor: Duration?
  /// What is done with jobs that were on their way when their worker died.
  package let onUnknown: OnUnknown
  /// How long a worker of a queue that is not heard of keeps its jobs.
  package let lease: Duration
  /// Whether a worker of a queue ends when nobody has anything left to do.
  package let untilEmpty: Bool
  /// What requests are made with; nil where nobody minds if it changes.
  package let settings: RequestSettings?
  /// What is done where completed jobs were done with another line or other settings.
  package let onChanged: OnChanged

  package init(
    input: Input,
    files: Files,
    provider: any Provider,
    preparer: JobPreparer,
    accounts: [Account],
    concurrency: Int,
    memory: Int = Self.defaultMemory,
    limit: Int? = nil,
    deadlines: Deadlines = Deadlines(),
    retries: RetryPolicy = RetryPolicy(),
    prices: Prices = .list,
    budget: USD? = nil,
    giveUpAfter: Duration? = .seconds(60),
    parkFor: Duration? = nil,
    onUnknown: OnUnknown = .resend,
    lease: Duration = .seconds(30),
    untilEmpty: Bool = false,
    settings: RequestSettings? = nil,
    onChanged: OnChanged = .refuse
  ) {
    self.input = input
    self.files = files
    self.provider = provider
    self.preparer = preparer
    self.accounts = accounts
    self.concurrency = concurrency
    self.limit = limit
    self.deadlines = deadlines
    self.retries = retries
    self.prices = prices
    self.budget = budget
    self.memory = memory
    self.giveUpAfter = giveUpAfter
    self.parkFor = parkFor
    self.onUnknown = onUnknown
    self.lease = lease
    self.untilEmpty = untilEmpty
    self.settings = settings
    self.onChanged = onChanged
  }
}
