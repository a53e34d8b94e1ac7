import JSON
package import Jobs

/// What a batch will take, as far as that can be told before it runs.
package struct Estimate: Sendable, Equatable {
  /// What jobs are expected to use.
  package struct Expectation: Sendable, Equatable {
    /// Input and output tokens of a job; nil where no answers are known yet.
    package var average: (input: Double, output: Double)?

    /// Bytes of a request's body for a token of its input.
    package static let bytesPerToken = 4.0
    /// How much of its limit an answer uses.
    package static let outputShare = 0.5
    /// The tokens of an answer without a limit.
    package static let openOutput = 500.0

    /// - Parameter summary: of the batch, once it has 20 answers to learn from.
    package init(_ summary: BatchSummary?) {
      guard let summary, summary.completed >= 20 else { return }
      let jobs = Double(summary.completed)
      average = (Double(summary.inputTokens) / jobs, Double(summary.outputTokens) / jobs)
    }

    /// - Parameter attached: tokens of what is attached.
    func usage(bytes: Int, attached: Int, limit: Int?) -> Usage {
      let input = average?.input ?? Double(bytes) / Self.bytesPerToken + Double(attached)
      let output =
        average?.output ?? limit.map { Double($0) * Self.outputShare } ?? Self.openOutput
      return Usage(inputTokens: Int(saturating: input), outputTokens: Int(saturating: output))
    }

    package static func == (one: Expectation, other: Expectation) -> Bool {
      one.average?.input == other.average?.input && one.average?.output == other.average?.output
    }
  }

  /// Sums over jobs.
  package struct Sum: Sendable, Equatable {
    package var jobs = 0
    package var inputTokens = 0
    package var outputTokens = 0
    /// The most output tokens, of the jobs that have a limit.
    package var mostOutput = 0
    package var cost = USD.zero
    /// The most that the jobs can cost that have a price and a limit.
    package var mostCost = USD.zero

    func scaled(by share: Double) -> Sum {
      let scale = { (number: Int) in Int(saturating: Double(number) * share) }
      var sum = Sum()
      sum.jobs = scale(jobs)
      sum.inputTokens = scale(inputTokens)
      sum.outputTokens = scale(outputTokens)
      sum.mostOutput = scale(mostOutput)
      sum.cost = USD(nanos: scale(cost.nanos))
      sum.mostCost = USD(nanos: scale(mostCost.nanos))
      return sum
    }
  }

  package let expectation: Expectation
  /// What is still to do.
  package private(set) var left = Sum()
  /// Every job, those included that have a result.
  package private(set) var jobs = 0
  /// Lines and documents that cannot be sent.
  package private(set) var unusable = 0
  /// Why the first of them cannot, each with its place.
  package private(set) var faults: [String] = []
  /// Models without a price.
  package private(set) var unpriced: Set<String> = []
  /// Jobs with a PDF or an image.
  package private(set) var attached = 0
  /// Jobs whose cost nothing bounds.
  package private(set) var unbounded = 0
  /// How much of the input was read; the rest is taken to be like it.
  package private(set) var shareRead = 1.0

  package init(_ expectation: Expectation) {
    self.expectation = expectation
  }

  mutating func add(_ job: PreparedJob, price: Price?, countsCacheInInput: Bool) {
    jobs += 1
    left.jobs += 1
    let bound = try? RequestBound(of: job.request, shape: job.shape)
    let attachments = job.shape.attached?.tokens.expected
    if attachments != nil { attached += 1 }
    var usage = expectation.usage(
      bytes: job.shape.textBytes,
      attached: attachments ?? 0,
      limit: bound?.output
    )
    usage.tier = job.shape.tier
    left.inputTokens += usage.inputTokens
    left.outputTokens += usage.outputTokens
    left.mostOutput += bound?.output ?? 0
    if bound == nil { unbounded += 1 }
    guard let price else {
      unpriced.insert(job.shape.model)
      return
    }
    left.cost += price.cost(of: usage, countsCacheInInput: countsCacheInInput)
    guard let bound else { return }
    left.mostCost += price.worst(input: bound.input, output: bound.output, tier: job.shape.tier)
  }

  /// How many faults are told.
  private static let mostFaults = 5

  mutating func addUnusable(_ fault: String) {
    jobs += 1
    unusable += 1
    if faults.count < Self.mostFaults { faults.append(fault) }
  }

  /// Takes the whole input to be like the part of it that was read.
  ///
  /// - Parameter limit: how many jobs are run at most.
  mutating func extrapolate(from share: Double, limit: Int?) {
    guard share < 1, share > 0 else { return }
    let all = Double(jobs) / share
    let run = min(all, limit.map(Double.init) ?? all)
    let factor = run / Double(max(1, jobs))
    shareRead = Double(jobs) / max(1, run)
    left = left.scaled(by: factor)
    jobs = Int(saturating: run)
    unusable = Int(saturating: Double(unusable) * factor)
    unbounded = Int(saturating: Double(unbounded) * factor)
  }

  /// Leaves out as many jobs as have a result already.
  package mutating func leaveOut(finished: Int) {
    let pending = max(0, left.jobs - finished)
    left = left.scaled(by: Double(pending) / Double(max(1, left.jobs)))
  }

  /// What the rest is expected to cost; nil where a model has no price.
  package var cost: USD? { unpriced.isEmpty ? left.cost : nil }
  /// The most that the rest can cost; nil where that is unknown or nothing bounds it.
  package var mostCost: USD? { unpriced.isEmpty && unbounded == 0 ? left.mostCost : nil }
}
