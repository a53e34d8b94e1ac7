package import Jobs

/// What to do with completed jobs whose line, or settings, are no longer those they were done with.
package enum OnChanged: Sendable {
  /// The run does not start and says which they are.
  case refuse
  /// Their old results stay.
  case allow
  /// Their old results are forgotten, and they are done again, if so many of them may be.
  case rerun(ifAllowed: @Sendable (Int) -> Bool)

  /// Whether the run has to be refused on account of so many jobs; asks where there are any.
  func refuses(_ count: Int) -> Bool {
    guard count > 0 else { return false }
    return switch self {
    case .refuse: true
    case .allow: false
    case .rerun(let isAllowed): !isAllowed(count)
    }
  }
}

/// How a new version of an input differs from what was queued of it; a pure value.
///
/// Jobs are compared by their ids, so that lines may be moved.
package struct InputChange: Sendable, Equatable {
  /// A job whose line has changed, by its number in the batch and in the new input.
  package struct Changed: Sendable, Equatable {
    package let old: Int
    package let new: Int
    package let state: StoredJobs.State
  }

  /// By a job's number in the batch its number in the new input; -1 where its line is gone.
  package private(set) var places: [Int]
  package private(set) var changed: [Changed] = []
  /// How many jobs of the new input are not in the batch.
  package private(set) var added = 0
  /// Completed jobs that were known to be gone and are in the input again.
  package private(set) var returned = 0
  /// Completed jobs whose line is gone; their results stay.
  package private(set) var kept: [Int] = []
  /// How many of them were there the last time.
  package private(set) var newlyKept = 0
  /// How many jobs without an answer are gone.
  package private(set) var dropped = 0

  /// - Parameters:
  ///   - jobs: what was queued; every job has a mark.
  ///   - input: the new input, job by job.
  package init(from jobs: StoredJobs, to input: some Sequence<JobMark>) {
    places = Array(repeating: -1, count: jobs.marks.count)
    var byID: [UInt64: Int] = [:]
    byID.reserveCapacity(jobs.marks.count)
    for (job, mark) in jobs.marks.enumerated() {
      // Of two jobs with one id the second has failed for it, or is the same line come back.
      if let mark, byID[mark.id] == nil { byID[mark.id] = job }
    }
    for (new, mark) in input.enumerated() {
      guard let old = byID[mark.id], places[old] < 0, let before = jobs.marks[old] else {
        added += 1
        continue
      }
      places[old] = new
      if jobs.states[old] == .kept { returned += 1 }
      guard before.content != mark.content else { continue }
      changed.append(Changed(old: old, new: new, state: jobs.states[old]))
    }
    for old in places.indices where places[old] < 0 { miss(old, jobs.states[old]) }
  }

  private mutating func miss(_ job: Int, _ state: StoredJobs.State) {
    switch state {
    case .completed:
      kept.append(job)
      newlyKept += 1
    case .kept: kept.append(job)
    case .waiting, .failed, .suspended: dropped += 1
    }
  }

  /// Completed jobs whose line has changed.
  package var outdated: [Changed] {
    changed.filter { $0.state == .completed || $0.state == .kept }
  }

  /// True when every queued job is in the new input as it was.
  package var isAdditionOnly: Bool {
    changed.isEmpty && newlyKept + dropped + returned == 0
  }

  /// Jobs whose results and attempts are to be forgotten: what is not completed is tried with its new
  /// line, what is completed only where that is wanted.
  package func again(rerunsOutdated: Bool) -> Set<Int> {
    let jobs = changed.filter { job in
      switch job.state {
      case .waiting, .failed: true
      case .completed, .kept: rerunsOutdated
      case .suspended: false
      }
    }
    return Set(jobs.map(\.old))
  }

  /// The batch as it stands on the new input.
  ///
  /// - Parameters:
  ///   - segments: the jobs of the new input.
  ///   - jobs: what was queued.
  ///   - identity: of the input, where it has been read to its end.
  package func rebase(
    on segments: [Segment],
    from jobs: StoredJobs,
    again: Set<Int>,
    identity: FileIdentity?
  ) -> InputRebase {
    var places = places
    var segments = segments
    var next = segments.last.map { $0.firstJob + $0.jobCount } ?? 0
    for start in stride(from: 0, to: kept.count, by: SegmentAssembler.jobs) {
      let some = kept[start..<min(start + SegmentAssembler.jobs, kept.count)]
      for (place, job) in some.enumerated() { places[job] = next + place }
      segments.append(
        Segment(
          firstJob: next,
          jobCount: some.count,
          firstLine: 0,
          source: .gone,
          failures: [],
          marks: some.compactMap { jobs.marks[$0] }
        )
      )
      next += some.count
    }
    return InputRebase(segments: segments, places: places, again: again, identity: identity)
  }
}
