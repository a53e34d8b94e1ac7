/// The files of a batch.
package struct BatchFiles: Sendable, Equatable {
  package let batch: String
  /// Where results are shown; nil for a queue, whose results only `nightjar export` writes, and
  /// where that is not known.
  package let output: OutputFiles?

  /// - Parameters:
  ///   - output: such as `results.jsonl`; another ending is kept whole.
  ///   - batch: where the batch lies; nil for beside the output.
  package init(output: String, batch: String? = nil) {
    self.batch = batch ?? output + ".nightjar"
    self.output = OutputFiles(output)
  }

  package init(batch: String) {
    self.batch = batch
    output = nil
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
