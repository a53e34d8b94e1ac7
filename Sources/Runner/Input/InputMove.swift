package import Jobs

/// A batch whose input bears another name than when it was begun, as after its folder was moved.
struct InputMove {
  /// What the batch was begun with.
  let recorded: BatchInput
  let input: RunInput
  /// Whether the user says that it is the same input.
  let isStated: Bool

  /// Nil where the input bears the name it had, where it is of another kind, and where nothing was
  /// sent yet, so that the batch takes any input.
  init?(of batch: String, to input: RunInput, isStated: Bool) {
    guard let inspector = try? Batches.inspect(batch), let recorded = try? inspector.input(),
      let summary = try? inspector.summary(), let left = try? inspector.recovery()
    else { return nil }
    let isBegun = summary.completed + summary.traffic.requestsSent + summary.unknown > 0
    let now = input.batchInput
    guard recorded != now, recorded.kind == now.kind, [.file, .folder].contains(now.kind),
      isBegun || !left.unknown.isEmpty || !left.recovered.isEmpty
    else { return nil }
    self.recorded = recorded
    self.input = input
    self.isStated = isStated
  }

  /// Gives the batch its input's new name, where it is the same input by its content, and where the
  /// user says that it is.
  ///
  /// Where the old one is still there this must be a copy of it: a file that only begins alike is another
  /// input then.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` where neither is so; the batch is as it was then.
  func settle(_ store: any BatchStore, _ reconciler: InputReconciler) async throws {
    if !isStated {
      var isSame = FileKind(at: recorded.path) == .absent
      if !isSame { isSame = try await isCopy() }
      guard isSame, try await reconciler.holdsQueued(try await store.summary())
      else { throw refusal }
    }
    try await store.moveInput(to: input.batchInput)
  }

  /// Whether the input holds what is where it was when the batch was begun.
  private func isCopy() async throws -> Bool {
    let old: InputSource =
      recorded.kind == .folder
      ? .folder(DocumentFolder(recorded.path)) : .file(try InputFile(path: recorded.path))
    var (before, now) = (old.lines(), input.source.lines())
    while true {
      let (one, other) = (try await before.next(), try await now.next())
      guard let one, let other else { return one == nil && other == nil }
      let isSame = one.elementsEqual(other) { $0.bytes == $1.bytes && $0.version == $1.version }
      guard isSame else { return false }
    }
  }

  private var refusal: StoreError {
    StoreError(
      .inputChanged,
      "the batch was started with another input, \(recorded.path), which differs from this one",
      at: input.path,
      next: "run the batch with that input, choose another output for this one, or, where this is "
        + "that input, moved and changed since, add --input-moved"
    )
  }
}

extension BatchInput {
  /// The input where it is, or where it is not, the file of that name beside the batch, as after both
  /// were moved.
  package func found(beside batch: String) -> BatchInput {
    guard kind == .file, FileKind(at: path) == .absent else { return self }
    let folder = batch.lastIndex(of: "/").map { String(batch[...$0]) } ?? ""
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let beside = folder + name
    return FileKind(at: beside) == .regular ? BatchInput(kind: kind, path: beside) : self
  }
}
