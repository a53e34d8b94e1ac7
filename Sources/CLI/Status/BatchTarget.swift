import Jobs
import Runner

/// What a user names to mean a batch: a job file, its results, or the batch file itself.
struct BatchTarget {
  let files: RunPlan.Files

  /// - Throws: ``JobFileError``, or ``CLIError`` for a job file without an output.
  init(_ name: String) throws {
    guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else {
      let suffix = ".nightjar"
      let output = name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
      files = RunPlan.Files(output: output, batch: BatchInspector.isBatch(name) ? name : nil)
      return
    }
    let file = try JobFile(at: name)
    guard let output = file.output else {
      throw CLIError(
        "the job file names no output",
        at: name,
        next: "name the results file of the run instead",
        exitCode: 64
      )
    }
    files = RunPlan.Files(output: output, batch: file.queue)
  }
}
