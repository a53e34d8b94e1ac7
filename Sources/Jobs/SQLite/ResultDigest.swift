/// What tells a result from one that was changed on the disk: the first 64 bits of the SHA-256 of its
/// line, with state and job in them.
///
/// The job can be exchanged by SQL, which has no exclusive or, as a batch takes a new version of its
/// input.
struct ResultDigest {
  let number: Int

  init(job: Int, state: JobResult.State, line: OutputLine) {
    number = Int(truncatingIfNeeded: JobMark.hash(line)) ^ (state.rawValue << 62) ^ job
  }

  /// The part of an UPDATE that takes a job out of the digest, or puts it in.
  static func exchanging(_ job: String) -> String {
    ", digest = (digest | (\(job))) & ~(digest & (\(job)))"
  }
}
