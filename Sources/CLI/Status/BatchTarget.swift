import Runner

/// What a user names to mean a batch: a job file, its results, or the batch file itself.
struct BatchTarget {
  let files: RunPlan.Files

  /// - Throws: ``JobFileError``, or ``CLIError`` for a job file without an output.
  init(_ name: String) throws {
    guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else {
      let suffix = ".nightjar"
      files = RunPlan.Files(
        output: name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
      )
      return
    }
    guard let output = try JobFile(at: name).output else {
      throw CLIError(
        "the job file names no output",
        at: name,
        next: "name the results file of the run instead",
        exitCode: 64
      )
    }
    files = RunPlan.Files(output: output)
  }
}
