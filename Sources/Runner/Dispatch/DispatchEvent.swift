package import Jobs

extension DispatchState {
  /// What happens to jobs, slots, accounts and the batch.
  package enum Event: Sendable {
    /// A slot is free.
    case free(slot: Int)
    /// A segment was leased; of its jobs some wait for their time.
    case leased(SegmentLease, [(job: Job, wait: Duration)], bytes: Int)
    /// The claim that was asked for is over.
    case claimed(SegmentSupply.Claimed)
    /// New segments are in the store.
    case inputGrew(isComplete: Bool)
    /// The request of an assignment did not leave; the job is in line again, or `isOver`: its
    /// failure is to be recorded, and then told by ``finished(_:)``.
    case withdrawn(Assignment, isOver: Bool)
    /// Jobs that can make no request, so that they have failed or are about to.
    case unusable([(job: Int, refusal: Refusal)])
    /// The attempt is over; answered by ``Action/verdict(_:)``.
    case ended(Assignment, AttemptEnd)
    /// The result of a job is kept.
    case finished(Job)
    /// A job waits for its time.
    case later(Job, at: ContinuousClock.Instant)
    /// The result of a job could not be kept: it goes back.
    case back(Job)
    /// Results are durable.
    case committed(FlushReceipt)
    /// The store has heard this worker, which spoke at `asked`.
    case heard(Heartbeat, asked: ContinuousClock.Instant)
    case paused(Bool)
    /// An account has a key again; `isTrial` where it was refused before and is tried with one request.
    case keyFound(account: Int, isTrial: Bool)
    /// No source of an account has a key that could be used, for the reason given.
    case keyMissing(account: Int, reason: String)
    /// Time has passed.
    case tick
    /// Nothing more is sent.
    case stopped
  }

  /// What is to be done about it.
  package enum Action: Sendable {
    /// A free slot gets something to do.
    case assign(slot: Int, SlotWork)
    /// There will be nothing more for a slot to do.
    case dismiss(slot: Int)
    /// What becomes of the job whose attempt has ended.
    case verdict(JobVerdict)
    /// So many segments are to be claimed; ends with ``Event/claimed(_:)``.
    case claim(Int)
    /// ``Event/tick`` is due then.
    case wake(at: ContinuousClock.Instant)
    /// A key is wanted in place of one that was refused.
    case findKey(account: Int)
    case parked(account: Int, reason: String)
    case resumed(account: Int)
    case rateLimited(account: Int, wait: Duration?)
    /// The run has no reason to go on.
    case stop(StopReason)
  }
}
