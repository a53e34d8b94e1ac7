package import Jobs

/// The files of a batch.
package struct BatchFiles: Sendable, Equatable {
  package let batch: String
  /// Where results are shown; nil for a queue, whose results only `nightjar export` writes, and
  /// where that is not known.
  package let output: OutputFiles?
  /// The open descriptor that results go to instead, such as standard output; nil for none.
  package let stream: Int32?

  /// - Parameters:
  ///   - output: such as `results.jsonl`; another ending is kept whole.
  ///   - batch: where the batch lies; nil for beside the output.
  package init(output: String, batch: String? = nil) {
    self.batch = batch ?? output + ".nightjar"
    self.output = OutputFiles(output)
    stream = nil
  }

  package init(batch: String, stream: Int32? = nil) {
    self.batch = batch
    self.stream = stream
    output = nil
  }

  /// What a user names to mean this batch: its results, where it lies beside them.
  package var target: String {
    guard let output, BatchFiles(output: output.completed).batch == batch else { return batch }
    return output.completed
  }

  /// The files of results that somebody may have written to since the batch was at work.
  func changedResults() -> [String] {
    let paths = output.map { [$0.completed, $0.failed] } ?? []
    return paths.filter { OutputFile.isChanged($0, after: batch) }
  }

  /// What shows the results; nil for a queue.
  ///
  /// - Throws: ``StoreError`` when a file cannot be opened.
  package func exporter() throws(StoreError) -> Exporter? {
    if let stream { return try Exporter(stream: stream) }
    return if let output { try Exporter(output) } else { nil }
  }
}

/// The files that show the results of a run.
package struct OutputFiles: Sendable, Equatable {
  package let completed: String
  package let failed: String

  init(_ output: String) {
    completed = output
    failed =
      output.hasSuffix(".jsonl")
      ? output.dropLast(".jsonl".count) + ".failed.jsonl" : output + ".failed.jsonl"
  }
}
