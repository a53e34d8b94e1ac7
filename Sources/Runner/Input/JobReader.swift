package import Jobs

/// Reads the input from front to back and queues its jobs, while others already run.
///
/// A resumed batch is read on from where it stopped; what was queued before is only compared.
package struct JobReader: Sendable {
  /// Where jobs come from.
  package enum Input: Sendable {
    case file(InputFile)
    case pipe(InputFile)
    case folder(DocumentFolder)
    /// A queue, to which others add.
    case queue
  }

  /// The longest line that can be a job, in bytes; providers refuse requests of 32 MB and more.
  package static let longestLine = 16 << 20
  private static let chunk = 1 << 20

  private let input: Input
  /// The input as messages name it.
  private let name: String
  private let store: SQLiteJobStore
  private let limit: Int
  private let append: @Sendable ([SegmentDraft], Bool) async throws -> Void

  /// - Parameters:
  ///   - limit: how many jobs of the input are queued at most.
  ///   - append: stores segments; the flag says that they are the input's last.
  package init(
    _ input: Input,
    name: String,
    store: SQLiteJobStore,
    limit: Int?,
    append: @escaping @Sendable ([SegmentDraft], Bool) async throws -> Void
  ) {
    self.input = input
    self.name = name
    self.store = store
    self.limit = limit ?? .max
    self.append = append
  }

  /// Queues everything that is not queued yet.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` when queued lines are no longer what they were.
  package func run() async throws {
    if case .queue = input { return }
    let summary = try await store.summary()
    if case .file(let file) = input {
      let identity = try file.identity()
      if summary.isInputComplete, try await store.inputIdentity() == identity {
        return try await append([], true)
      }
      try await read(file, identity)
    } else {
      try await readAgain()
    }
  }

  /// Reads a file on from the end of its last queued segment.
  private func read(_ file: InputFile, _ identity: FileIdentity) async throws {
    var intake = Intake(keepsLines: false, name: name, limit: limit)
    var end = 0
    var line = 1
    try await forEachStored { draft in
      guard case .file(let offset, let length, let digest) = draft.source else { return }
      if draft.source.isGone { return intake.restoreGone(draft) }
      end = offset + length
      let bytes = try await SegmentLoader(file: file).bytes(
        of: draft.source,
        marks: draft.marks,
        firstLine: draft.firstLine
      )
      let isKept = !digest.isEmpty || !draft.marks.isEmpty
      line = intake.restore(draft, bytes: bytes, isKept: isKept)
    }
    try await refuseLongerLine(file, end)
    var splitter = LineSplitter(longest: Self.longestLine, offset: end, number: line)
    var position = end
    while !intake.isFull {
      let bytes = try await file.read(at: position, count: Self.chunk)
      position += bytes.count
      splitter.take(bytes) { intake.take($0) }
      if bytes.count < Self.chunk { break }
      try await hand(over: &intake)
    }
    if let last = splitter.finish() { intake.take(last) }
    try await finish(&intake)
    if !intake.isFull { try await store.recordInputIdentity(identity) }
  }

  /// Lines may be added to a queued file, but its last line may not grow.
  private func refuseLongerLine(_ file: InputFile, _ end: Int) async throws {
    guard try await SegmentLoader(file: file).lineGoesOn(at: end) else { return }
    throw StoreError(
      .inputChanged,
      "the last queued line of the input has grown",
      at: file.path,
      next: "run the same command again: it compares the input line by line"
    )
  }

  /// Reads a pipe or a folder from the start and queues what is not queued yet.
  private func readAgain() async throws {
    var intake = Intake(keepsLines: true, name: name, limit: limit)
    intake.skipsKnown = true
    if case .folder = input { intake.isListing = true }
    try await forEachStored { draft in
      if case .inline(let lines) = draft.source {
        _ = intake.restore(draft, bytes: lines, isKept: true)
      } else {
        _ = intake.restore(draft, bytes: [], isKept: false)
      }
    }
    switch input {
    case .file, .queue: break
    case .folder(let folder):
      try await Self.list(folder, &intake) { intake in
        if intake.drafts.count >= 16 { try await hand(over: &intake) }
      }
    case .pipe(let pipe):
      var splitter = LineSplitter(longest: Self.longestLine)
      while !intake.isFull {
        let bytes = try await pipe.readNext(count: Self.chunk)
        if bytes.isEmpty { break }
        splitter.take(bytes) { intake.take($0) }
        intake.finishSegment()
        try await hand(over: &intake)
      }
      if let last = splitter.finish() { intake.take(last) }
    }
    try await finish(&intake)
  }

  /// Takes the documents of a folder, looking at the intake after each.
  static func list(
    _ folder: DocumentFolder,
    _ intake: inout Intake,
    _ look: (inout Intake) async throws -> Void
  ) async throws {
    var number = 0
    try await folder.forEach { path, version in
      guard !intake.isFull else { return }
      number += 1
      var line: [UInt8] = []
      line.appendJSON(path)
      line.append(UInt8(ascii: "\n"))
      intake.take(
        LineSplitter.Line(bytes: line[...], offset: 0, length: line.count, number: number),
        version: version
      )
      try await look(&intake)
    }
  }

  /// Looks through a whole input file without queueing anything.
  ///
  /// - Returns: how many lines are no jobs, and what is wrong with the first of them.
  package static func check(_ file: InputFile, name: String) async throws
    -> (count: Int, first: String?)
  {
    var intake = Intake(keepsLines: false, name: name, limit: .max)
    var count = 0
    var first: String?
    try await scan(file, &intake) { intake in
      for failure in intake.drafts.flatMap(\.failures) {
        count += 1
        first = first ?? InputLine.errorMessage(ofFailed: failure.line)
      }
      intake.drafts = []
    }
    return (count, first)
  }

  /// Takes the lines of a whole file, looking at the intake after each piece.
  static func scan(
    _ file: InputFile,
    _ intake: inout Intake,
    _ look: (inout Intake) -> Void
  ) async throws {
    var splitter = LineSplitter(longest: longestLine)
    var position = 0
    while !intake.isFull {
      let bytes = try await file.read(at: position, count: chunk)
      position += bytes.count
      splitter.take(bytes) { intake.take($0) }
      look(&intake)
      if bytes.count < chunk { break }
    }
    if let last = splitter.finish() { intake.take(last) }
    intake.finishSegment()
    look(&intake)
  }

  private func forEachStored(_ body: (SegmentDraft) async throws -> Void) async throws {
    var last = 0
    while let (number, draft) = try await store.segment(after: last) {
      last = number
      try await body(draft)
    }
  }

  private func hand(over intake: inout Intake) async throws {
    guard !intake.drafts.isEmpty else { return }
    try await append(intake.drafts, false)
    intake.drafts = []
  }

  private func finish(_ intake: inout Intake) async throws {
    intake.finishSegment()
    try await append(intake.drafts, true)
    intake.drafts = []
  }
}
