package import Jobs

/// Finds jobs of a batch by their ids.
package struct JobFinder: Sendable {
  private let store: any BatchStore
  private let input: BatchInput

  /// - Parameter input: what the batch was started with.
  package init(_ store: any BatchStore, input: BatchInput) {
    self.store = store
    self.input = input
  }

  /// The numbers of jobs by their ids; ids that no job has are missing.
  ///
  /// A batch knows its jobs by the hashes of their ids, whatever has become of their lines; where an
  /// older version began it, these are read again.
  ///
  /// - Throws: ``StoreError`` when the input of such an older batch is not what it was.
  package func numbers(of ids: Set<String>) async throws -> [String: Int] {
    if input.kind == .queue { return try await store.jobs(withIDs: Array(ids)) }
    let jobs = try await store.storedJobs()
    if jobs.isMarked { return numbers(of: ids, in: jobs) }
    return try await numbersByLine(of: ids)
  }

  private func numbers(of ids: Set<String>, in jobs: StoredJobs) -> [String: Int] {
    let wanted = Dictionary(ids.map { (JobMark.hash([UInt8]($0.utf8)[...]), $0) }) { $1 }
    var found: [String: Int] = [:]
    for (number, mark) in jobs.marks.enumerated() where jobs.states[number] != .kept {
      guard let id = mark.flatMap({ wanted[$0.id] }), found[id] == nil else { continue }
      found[id] = number
    }
    return found
  }

  private func numbersByLine(of ids: Set<String>) async throws -> [String: Int] {
    let file = input.kind == .file ? try InputFile(path: input.path) : nil
    let loader = SegmentLoader(file: file)
    let idField = RequestSettings(json: try await store.settings())?.idField
    var found: [String: Int] = [:]
    for try await segment in store.segments {
      for (number, line) in zip(segment.firstJob..., try await loader.load(segment).lines) {
        guard let id = id(of: line.bytes.content, idField), ids.contains(id), found[id] == nil
        else {
          continue
        }
        found[id] = number
      }
      if found.count == ids.count { break }
    }
    return found
  }

  private func id(of line: ArraySlice<UInt8>, _ idField: String?) -> String? {
    if input.kind == .folder { return JobPreparer.documentPath(line) }
    return try? InputLine.parse(line.span, idField: idField).id
  }
}
