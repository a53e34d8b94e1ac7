import Jobs
import Runner

/// Makes sure before a run starts that nothing of somebody else has the names of its files.
struct OutputCheck {
  private let files: BatchFiles
  private let input: RunInput

  init(_ files: BatchFiles, input: RunInput) {
    self.files = files
    self.input = input
  }

  /// - Throws: ``StoreError`` or ``CLIError``.
  func run() throws {
    let results = files.output.map { [$0.completed, $0.failed] } ?? []
    for path in results + [files.batch] {
      if let refusal = FileKind(at: path).refusal(at: path) { throw refusal }
      guard !FileID.areSame(path, input.path) else {
        throw CLIError(
          "this is the input, which the run would overwrite",
          at: path,
          next: "choose another output",
          exitCode: 73
        )
      }
    }
    for path in results { try refuseAnothersResults(path) }
    guard FileKind(at: files.batch) == .absent else { return }
    for path in results where FileKind.size(at: path) > 0 || isOfPair(path) {
      // Appending to it would mix two batches.
      throw CLIError(
        "the results file is there already, but not the batch it belongs to",
        at: path,
        next:
          "name its batch with --queue, if the run had that, or put back \(files.batch): without it "
          + "all jobs are sent and paid for again; else choose another output, or move the file away",
        exitCode: 73
      )
    }
  }

  /// Whether an empty file is one of the two that another batch writes, which may lie anywhere.
  private func isOfPair(_ path: String) -> Bool {
    guard FileKind(at: path) != .absent, let output = files.output else { return false }
    let ending = ".failed.jsonl"
    let other =
      path == output.failed
      ? BatchFiles(output: path).output?.failed
      : path.hasSuffix(ending) ? path.dropLast(ending.count) + ".jsonl" : nil
    return other.map { FileKind(at: $0) != .absent } ?? false
  }

  /// The file of failed jobs of one batch can have the name of another's results.
  private func refuseAnothersResults(_ path: String) throws {
    let others = BatchNames.showing(path).filter { batch in
      FileKind(at: batch) != .absent && !FileID.areSame(batch, files.batch)
    }
    guard let other = others.first else { return }
    throw CLIError(
      "this results file belongs to another batch, \(other); nothing was changed",
      at: path,
      next: "choose another output",
      exitCode: 73
    )
  }
}
