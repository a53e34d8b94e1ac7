import JSON
package import Jobs

/// A job on its way through a run: its line, and what has happened to it so far.
package struct Job: Sendable {
  package let segment: LoadedSegment
  /// Which of the segment's lines is the job's.
  private let place: Int
  /// Errors charged to the job.
  package var attempts: Int
  /// Errors, charged or not; waits grow with them.
  package var failures: Int
  /// Answers that may have been paid for and are no result, since they were cut or broken off.
  package var lostAnswers = 0
  /// How often the provider refused it for its pace.
  package var refusals = 0

  init(_ place: Int, of segment: LoadedSegment, attempts: Int) {
    self.segment = segment
    self.place = place
    self.attempts = attempts
    failures = attempts
  }

  /// What was found when the line was read.
  package var line: JobLine { segment.lines[place] }

  /// The bytes of the line.
  package var text: ArraySlice<UInt8> { segment.bytes[line.range] }

  /// Zero-based number in the batch.
  package var number: Int { segment.lines[place].number }
  /// One-based number of its line in the input.
  package var lineNumber: Int { segment.lines[place].lineNumber }
  package var id: String { segment.lines[place].id }
  /// What its request says; of one that is still to be built the size is a guess.
  package var shape: RequestShape { segment.lines[place].shape }

  /// When a key was last refused for it, and how often in a row although that key served others in
  /// between.
  package var keyRefusal: KeyService?
  package var keyRefusals = 0

  /// Where its request has just failed before it left, and how often that was tried again at once.
  package var brokenPlace: (account: Int, endpoint: Int, route: Int)?
  package var broken = 0

  /// The most that its request can cost: zero where there is no budget, nil where its model has no
  /// price.
  package var worst: USD? = .zero

  /// What ``PromptPrefix`` makes of the beginning of its request; nil where that is not known before
  /// the request is built.
  package var prefix: UInt64? {
    let bytes = segment.bytes[line.range]
    switch line.source {
    case .line(.native(let request)):
      let body = bytes.dropFirst(request.body.lowerBound).prefix(request.body.count)
      return PromptPrefix.hash(of: body, model: shape.modelRange)
    case .line(.plain(let fields)):
      let texts = [fields.system, fields.prompt].compactMap { $0?.range.lowerBound }
      return PromptPrefix.hash(of: bytes.dropFirst(texts.min() ?? 0), model: nil)
    case .document, .unusable: return nil
    }
  }

  /// Of those who wait the lowest goes first: the order of the input within a priority, except that
  /// one which was refused often, or for which a key was refused, lets others pass.
  package var rank: Int {
    // Few enough to pass that it is tried again while there are others to compare it with.
    let behind = (refusals > 2 ? 1_000 * refusals : 0) + 8 * keyRefusals
    return number + behind - segment.priority * Self.priorityStep
  }

  /// More than any number of a job.
  private static let priorityStep = 1 << 40
}

/// How many jobs a key, by its generation, has served.
package struct KeyService: Sendable, Equatable {
  var key: Int
  var jobs = 0
}

/// A segment in memory, held until its last job has ended.
package final class LoadedSegment: Sendable {
  package let lease: SegmentLease
  /// Jobs of a higher priority go first.
  package let priority: Int
  package let bytes: [UInt8]
  /// The lines of its jobs, in input order; those that have a result are left out.
  package let lines: [JobLine]

  package init(lease: SegmentLease, priority: Int = 0, bytes: [UInt8] = [], lines: [JobLine]) {
    self.lease = lease
    self.priority = priority
    self.bytes = bytes
    self.lines = lines
  }

  /// The jobs of the lines.
  ///
  /// - Parameter retries: what is known of the earlier attempts of a job, by its number.
  package func jobs(after retries: [Int: RetryableJob] = [:]) -> [Job] {
    lines.indices.map { place in
      Job(place, of: self, attempts: retries[lines[place].number]?.attempts ?? 0)
    }
  }
}

/// What was found in the line of a job, or is known of its document, before its request is built.
package struct JobLine: Sendable {
  /// Where its request comes from.
  enum Source: Sendable {
    case line(InputLine.Shape)
    /// The document that the job's id names.
    case document
    indirect case unusable(Refusal)
  }

  /// Zero-based number in the batch.
  package let number: Int
  /// One-based number of the line in the input.
  package let lineNumber: Int
  /// Where the line stands in its segment's bytes, without the line break.
  package let range: Range<Int>
  package let id: String
  package let shape: RequestShape
  let source: Source

  init(
    _ number: Int,
    _ line: LineSplitter.Line,
    id: String,
    shape: RequestShape,
    source: Source
  ) {
    self.number = number
    lineNumber = line.number
    range = line.bytes.content.indices
    self.id = id
    self.shape = shape
    self.source = source
  }

  /// A job without a text, for those who look only at what is known of it.
  package init(number: Int, id: String, shape: RequestShape) {
    let line = LineSplitter.Line(bytes: [], offset: 0, length: 0, number: number + 1)
    self.init(number, line, id: id, shape: shape, source: .document)
  }

  /// Whether the whole request stands in the line.
  var isNative: Bool {
    if case .line(.native) = source { return true }
    return false
  }

  /// Whether its line names files that go beside its prompt.
  var namesFiles: Bool {
    if case .line(.plain(let fields)) = source { return fields.files != nil }
    return false
  }

  /// Why the job can never be sent; nil while nothing is known against it.
  package var fault: Refusal? {
    if case .unusable(let refusal) = source { return refusal }
    return nil
  }
}
