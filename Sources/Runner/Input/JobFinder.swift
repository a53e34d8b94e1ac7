package import Jobs

/// Finds jobs of a batch by their ids.
package struct JobFinder: Sendable {
  private let store: SQLiteJobStore
  private let input: BatchInput

  /// - Parameter input: what the batch was started with.
  package init(_ store: SQLiteJobStore, input: BatchInput) {
    self.store = store
    self.input = input
  }

  /// The numbers of jobs by their ids; ids that no job has are missing.
  ///
  /// A queue knows the ids of its jobs; the lines of a run are read again, up to the last one wanted.
  ///
  /// - Throws: ``StoreError`` when the input of a run is not what it was.
  package func numbers(of ids: Set<String>) async throws -> [String: Int] {
    if input.kind == .queue { return try await store.jobs(withIDs: Array(ids)) }
    let file = input.kind == .file ? try InputFile(path: input.path) : nil
    let loader = SegmentLoader(file: file)
    var found: [String: Int] = [:]
    var last = 0
    while found.count < ids.count, let (segment, draft) = try await store.segment(after: last) {
      last = segment
      let bytes = try await loader.bytes(
        of: draft.source,
        marks: draft.marks,
        firstLine: draft.firstLine
      )
      for (number, line) in draft.lines(in: bytes) {
        guard let id = id(of: line), ids.contains(id), found[id] == nil else { continue }
        found[id] = number
      }
    }
    return found
  }

  private func id(of line: ArraySlice<UInt8>) -> String? {
    if input.kind == .folder { return JobPreparer.documentPath(line) }
    return try? InputLine.parse(line.span).id
  }
}

extension SegmentDraft {
  /// The segment's lines with the numbers of their jobs.
  fileprivate func lines(in bytes: [UInt8]) -> [(number: Int, line: ArraySlice<UInt8>)] {
    LineSplitter.lines(of: bytes, firstLine: firstLine).enumerated()
      .map { (firstJob + $0.offset, $0.element.bytes.content) }
  }
}
