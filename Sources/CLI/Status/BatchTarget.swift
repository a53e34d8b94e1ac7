import Jobs
import Runner

/// What a user names to mean a batch: a job file, its results, a queue, or the batch file itself.
struct BatchTarget {
  let files: BatchFiles

  /// - Throws: ``JobFileError``, or ``CLIError`` for a job file without an output.
  init(_ name: String) throws {
    guard JobFile.isName(name) else {
      files = Self.files(of: name)
      return
    }
    let file = try JobFile(at: name)
    if let queue = file.queue, Self.isQueue(queue) {
      files = BatchFiles(batch: queue)
      return
    }
    guard let output = file.output else {
      throw CLIError(
        "the job file names no output",
        at: name,
        next: "name the results file of the run instead",
        exitCode: 64
      )
    }
    files = BatchFiles(output: output, batch: file.queue)
  }

  private static func files(of name: String) -> BatchFiles {
    let suffix = ".nightjar"
    let isBatch = Batches.isBatch(name)
    if name.hasSuffix(suffix), !(isBatch && isQueue(name)) {
      return BatchFiles(output: String(name.dropLast(suffix.count)), batch: name)
    }
    return isBatch ? BatchFiles(batch: name) : BatchFiles(output: name)
  }

  private static func isQueue(_ path: String) -> Bool {
    (try? Batches.inspect(path).input().kind) == .queue
  }
}
