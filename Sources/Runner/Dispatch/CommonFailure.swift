/// Tells when every job of a run fails alike, so that the rest need not be tried: a pure value.
package struct CommonFailure: Sendable {
  /// What all jobs failed with.
  package struct Cause: Sendable {
    package let refusal: Refusal
    /// Where the requests went; empty where none was sent.
    package let url: String
    /// Whether the input is to be mended, rather than the settings.
    package let isInput: Bool
  }

  /// So many jobs that failed alike, and none that succeeded, tell that the others will too.
  package static let most = 20

  /// Whether the batch had results before.
  private let hadResults: Bool
  private var cause: Cause?
  private var failures = 0
  /// The jobs that failed and can be tried again at no cost, those that were under way when enough had
  /// failed included; one whose answer may have been paid for stays failed, and keeps it.
  package private(set) var jobs: Set<Int> = []
  /// Whether it is known that jobs do not all fail alike, or nobody wants to know.
  private var isOver: Bool

  /// - Parameters:
  ///   - isWanted: false where the run goes on in any case.
  ///   - hadResults: whether any job of the batch has succeeded before.
  package init(isWanted: Bool, hadResults: Bool) {
    isOver = !isWanted
    self.hadResults = hadResults
  }

  /// A job has its result.
  package mutating func completed() {
    guard failures < Self.most else { return }
    isOver = true
    jobs = []
  }

  /// A job was refused for good.
  ///
  /// - Returns: the cause that all have in common, once there are enough of them.
  package mutating func failed(_ job: Job, _ refusal: Refusal, at url: String) -> Cause? {
    failed(job.number, refusal, isNative: job.line.isNative, at: url)
  }

  /// - Parameters:
  ///   - isNative: whether its request came with the input as it was sent.
  ///   - url: empty where nothing was sent.
  mutating func failed(
    _ job: Int,
    _ refusal: Refusal,
    isNative: Bool = false,
    at url: String = ""
  ) -> Cause? {
    // What one prompt says, or one file is, is no word on the others, however many of a kind come first.
    let isItsOwn =
      refusal.subject == .content
      || ["unsendable_document", "large_document"].contains(refusal.code)
    guard !isOver, !isItsOwn else { return nil }
    let cause = self.cause ?? Cause(refusal, isNative: isNative, at: url)
    // What is left of a batch that has results may well be what cannot have any.
    let isAlike = cause.refusal.isAlike(refusal) && !(cause.isInput && hadResults)
    guard isAlike else {
      completed()
      return nil
    }
    self.cause = cause
    if refusal.paid == nil { jobs.insert(job) }
    failures += 1
    return failures == Self.most ? cause : nil
  }
}

extension CommonFailure.Cause {
  fileprivate init(_ refusal: Refusal, isNative: Bool, at url: String) {
    self.refusal = refusal
    self.url = url
    switch refusal.subject {
    case .size, .content, .line, .document: isInput = true
    case .model, .request: isInput = isNative
    case .address, .answer, .service, .template: isInput = false
    }
  }

  /// What to do next, now that it is known of all jobs: a sentence without its full stop.
  package var advice: String {
    switch refusal.subject {
    case .line: "correct the lines of the input"
    case .template: "correct the template"
    default: refusal.advice
    }
  }
}

extension Refusal {
  fileprivate func isAlike(_ other: Refusal) -> Bool {
    code == other.code && status == other.status
  }
}
