import Jobs

extension FlushReceipt {
  /// The results of a flush that were new, as they lie in the store.
  func stored(of flush: Flush) -> [StoredResult] {
    zip(flush.results, sequences).compactMap { entry, sequence in
      sequence.map {
        StoredResult(
          sequence: $0,
          job: entry.result.job,
          state: entry.result.state,
          line: entry.result.line
        )
      }
    }
  }

  /// What the commit of a flush means for those who count.
  func event(for flush: Flush) -> RunEvent {
    var (completed, failed, input, output) = (0, 0, 0, 0)
    for ((_, result), sequence) in zip(flush.results, sequences) where sequence != nil {
      completed += result.state == .completed ? 1 : 0
      failed += result.state == .failed ? 1 : 0
      input += result.inputTokens
      output += result.outputTokens
    }
    return .committed(
      completed: completed,
      failed: failed,
      inputTokens: input,
      outputTokens: output
    )
  }
}
