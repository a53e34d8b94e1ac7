package import Jobs
package import Transport

/// Everything a run needs to know, with every default filled in.
package struct RunPlan: Sendable {
  /// 256 MB hold a thousand requests of 100 KB with their answers.
  package static let defaultMemory = 256_000_000
  /// The largest answer that is taken, in bytes after decompression.
  ///
  /// The embeddings of 1,600 texts in one request have 79 MB. One that is larger than ``memory`` is
  /// held alone.
  package static let largestAnswer = 256 << 20

  package let input: RunInput
  package let files: BatchFiles
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
  /// Whether it gives up also where the first requests are still waited for, and cuts them off: where
  /// somebody asked for it, since slow models take minutes.
  package let heedsSilence: Bool
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
  /// Whether a run goes on all of whose jobs fail alike.
  package let keepsGoing: Bool
  /// Whether the user says that the input is the batch's own under another name.
  package let isInputMoved: Bool

  package init(
    input: RunInput,
    files: BatchFiles,
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
    heedsSilence: Bool = false,
    parkFor: Duration? = nil,
    onUnknown: OnUnknown = .resend,
    lease: Duration = .seconds(30),
    untilEmpty: Bool = false,
    settings: RequestSettings? = nil,
    onChanged: OnChanged = .refuse,
    keepsGoing: Bool = false,
    isInputMoved: Bool = false
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
    self.heedsSilence = heedsSilence
    self.parkFor = parkFor
    self.onUnknown = onUnknown
    self.lease = lease
    self.untilEmpty = untilEmpty
    self.settings = settings
    self.onChanged = onChanged
    self.keepsGoing = keepsGoing
    self.isInputMoved = isInputMoved
  }

  /// Of ``memory``, what requests under way and their answers may take.
  package var requestMemory: Int { memory / 2 }
  /// Of ``memory``, what lines may take whose jobs have not ended.
  package var lineMemory: Int { memory / 4 }
  /// Of ``memory``, what results may take that wait for their commit.
  package var resultMemory: Int { memory / 4 }
}
