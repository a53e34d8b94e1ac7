import Jobs

/// One output file, which shows the results of one state in the order of their commits.
actor ExportView {
  let state: JobResult.State
  private var file: OutputFile
  private var offset = 0
  /// Bytes that a sync has confirmed.
  private var durable = 0
  /// The last result that was looked at, whether it belongs here or not: a file without results must
  /// not be compared with a million of them.
  private var sequence = 0
  private var recorded = 0
  private var isDirty = false

  init(of state: JobResult.State, in file: OutputFile) {
    self.state = state
    self.file = file
  }

  var path: String { file.path }

  /// Appends those results that belong here.
  func append(_ results: [StoredResult]) async throws {
    let lines = results.filter { $0.state == state }.map(\.line)
    sequence = results.last?.sequence ?? sequence
    guard !lines.isEmpty else { return }
    offset += lines.reduce(0) { $0 + $1.count + 1 }
    isDirty = true
    try await file.append(lines)
  }

  /// Makes what was appended durable; nil when there were no results since the last time.
  ///
  /// Of a stream nothing is known later: its reader has it.
  func sync() async throws -> ExportPosition? {
    guard !file.isStream, isDirty || sequence > recorded else { return nil }
    let position = ExportPosition(state: state, offset: offset, sequence: sequence)
    recorded = sequence
    guard isDirty else { return position }
    isDirty = false
    do {
      try await file.sync()
    } catch {
      // What was not confirmed counts as clean in memory, so that a later sync would succeed without
      // it; cut off, it is written again.
      try? await file.truncate(to: durable)
      throw error
    }
    durable = position.offset
    return position
  }

  /// Looks whether the file is still what was written to it, and makes it so again where somebody has
  /// cut it, removed it or put another one in its place.
  ///
  /// - Returns: the path of a file that was not.
  /// - Throws: ``StoreError`` `.notWritable` where somebody has written to it.
  func repairIfChanged(from store: any JobStore) async throws -> String? {
    guard !file.isStream else { return nil }
    let isInPlace = file.isInPlace(size: offset)
    guard !isInPlace || file.isTouched else { return nil }
    let known = ExportPosition(state: state, offset: offset, sequence: sequence)
    file = try OutputFile(path: file.path)
    let hasChanged = try await repair(
      from: store,
      recorded: sequence > 0 ? known : nil,
      isCut: !isInPlace,
      comparesAll: true
    )
    return hasChanged ? file.path : nil
  }

  /// Makes the file agree with the store; a stream gets all that the store has.
  ///
  /// - Parameters:
  ///   - isCut: whether the file, and what is recorded of it, is known to have been changed.
  ///   - comparesAll: whether also that is compared which is known to be on disk.
  /// - Returns: whether anything had to be written to it.
  @discardableResult
  func repair(
    from store: any JobStore,
    recorded: ExportPosition?,
    isCut: Bool = false,
    comparesAll: Bool = false
  ) async throws -> Bool {
    let recorded = file.isStream ? nil : recorded
    var isCut = isCut
    let size = file.isStream ? 0 : try file.size()
    // What was written is not known where results were forgotten since.
    let skipped = comparesAll && recorded?.sequence != 0 ? nil : recorded
    if let refusal = try await refusal(size: size, recorded, skipped, store) {
      // A file that was cut, and written to after that, has lines missing and no others.
      guard try await lines(from: store).areAbsent(size: size) else { throw refusal }
      isCut = true
    }
    var repair = ExportRepair(size: size, recorded: isCut ? nil : skipped)
    if isCut || !repair.isWhole {
      var flush = Flush()
      flush.exports = [ExportPosition(state: state, offset: 0, sequence: 0)]
      _ = try await store.commit(flush)
    }
    durable = repair.offset
    var hasWritten = isCut
    while true {
      let page = try await store.results(after: repair.sequence, limit: Self.page)
      guard !page.isEmpty else { break }
      hasWritten = try await repairLines(of: page, &repair) || hasWritten
    }
    if repair.isComparing, repair.offset < size {
      try await file.truncate(to: repair.offset)
      hasWritten = true
    }
    offset = repair.offset
    sequence = repair.sequence
    isDirty = true
    return hasWritten
  }

  private func lines(from store: any JobStore) -> ForeignLines {
    ForeignLines(state: state, file: file) { sequence in
      try await store.results(after: sequence, limit: Self.page)
    }
  }

  /// Why the file must stay as it is; nil where it may be repaired.
  ///
  /// What somebody else has written to the file stays there; where results were forgotten since, ours
  /// looks like that too.
  ///
  /// - Parameter skipped: how far the file need not be compared.
  private func refusal(
    size: Int,
    _ recorded: ExportPosition?,
    _ skipped: ExportPosition?,
    _ store: any JobStore
  ) async throws -> StoreError? {
    let whole = "the batch has every answer, and the same command writes the file again"
    guard try await isOurs(size: size, recorded, store) else {
      let isKnown = (recorded?.offset ?? 0) > 0
      return StoreError(
        .notWritable,
        "the results file is \(isKnown ? "no longer" : "not") one that this batch has begun; nothing "
          + "was changed in it",
        at: file.path,
        next: isKnown
          ? "move the file away: \(whole)"
          : "put its batch file back if that was moved or deleted, since all jobs are sent and paid "
            + "for again without it; else choose another output, or move the file away"
      )
    }
    let (known, lines) = (ExportRepair(size: size, recorded: skipped), lines(from: store))
    guard recorded?.sequence != 0,
      let offset = try await lines.first(after: known.offset, known.sequence, size: size)
    else { return nil }
    return StoreError(
      .notWritable,
      "the results file has lines that this batch has not written, from byte \(offset) on; nothing "
        + "was changed in it",
      at: file.path,
      next: "put the newest copy of the batch back where this is an older one, or the disk lost "
        + "its last writes: answers that stand in this file alone would be paid for again; else move "
        + "those lines to a file of their own, or the whole file away: \(whole)"
    )
  }

  /// Whether what is in the file begins as what this batch has written.
  private func isOurs(
    size: Int,
    _ recorded: ExportPosition?,
    _ store: any JobStore
  ) async throws -> Bool {
    // What was written is not known where results were forgotten since.
    guard size > 0, recorded?.sequence != 0 else { return true }
    let isRecorded = (recorded?.offset ?? 0) > 0
    // Nothing of this file has a place up to there; for one that has, a look at the start will do.
    var last = isRecorded ? 0 : recorded?.sequence ?? 0
    while true {
      let page = try await store.results(after: last, limit: Self.page)
      if let first = page.first(where: { $0.state == state }) {
        let start = try await file.read(at: 0, count: first.line.count)
        // A power cut can leave zeros where parts of a line were to be.
        return zip(start, first.line.bytes).allSatisfy { $0 == $1 || $0 == 0 }
      }
      guard let end = page.last, !isRecorded else { return isRecorded }
      last = end.sequence
    }
  }

  /// Results in one read of the store.
  private static let page = 256

  /// - Returns: whether anything was written.
  private func repairLines(
    of page: [StoredResult],
    _ repair: inout ExportRepair
  ) async throws -> Bool {
    let lines = page.map { $0.state == state ? $0.line.bytes + [UInt8(ascii: "\n")] : [] }
    let length = lines.reduce(0) { $0 + $1.count }
    var present =
      repair.isComparing && length > 0
      ? try await file.read(at: repair.offset, count: length)[...] : []
    var missing: [OutputLine] = []
    for (result, line) in zip(page, lines) {
      guard result.isAsStored else {
        throw StoreError(
          damaged: "the line of job \(result.job) is not what was written",
          at: file.path
        )
      }
      let found = Array(present.prefix(line.count))
      present = present.dropFirst(line.count)
      guard
        case .write(let cut) = repair.next(line: line, sequence: result.sequence, present: found)
      else { continue }
      if let cut { try await file.truncate(to: cut) }
      missing.append(result.line)
    }
    if !missing.isEmpty { try await file.append(missing) }
    return !missing.isEmpty
  }
}
