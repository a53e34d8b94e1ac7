package import Jobs

/// The id of a job, which is another one where it differs in Unicode form only.
package struct JobID: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (one: JobID, other: JobID) -> Bool {
    one.text.utf8.elementsEqual(other.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

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
  package func numbers(of ids: Set<JobID>) async throws -> [JobID: Int] {
    if input.kind == .queue {
      var found: [JobID: Int] = [:]
      for id in ids { found[id] = try await store.jobs(withIDs: [id.text])[id.text] }
      return found
    }
    let jobs = try await store.storedJobs()
    return jobs.isMarked ? numbers(of: ids, in: jobs) : try await numbersByLine(of: ids)
  }

  private func numbers(of ids: Set<JobID>, in jobs: StoredJobs) -> [JobID: Int] {
    let wanted = Dictionary(ids.map { (JobMark.hash(id: $0.text), $0) }) { $1 }
    var found: [JobID: Int] = [:]
    for (number, mark) in jobs.marks.enumerated() where jobs.states[number] != .kept {
      guard let id = mark.flatMap({ wanted[$0.id] }), found[id] == nil else { continue }
      found[id] = number
    }
    return found
  }

  private func numbersByLine(of ids: Set<JobID>) async throws -> [JobID: Int] {
    let file = input.kind == .file ? try InputFile(path: input.path) : nil
    let loader = SegmentLoader(file: file)
    let idField = RequestSettings(json: try await store.settings())?.idField
    var found: [JobID: Int] = [:]
    for try await segment in store.segments {
      for (number, line) in zip(segment.firstJob..., try await loader.load(segment).lines) {
        guard let text = id(of: line.bytes.content, idField) else { continue }
        let id = JobID(text)
        guard ids.contains(id), found[id] == nil else {
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
