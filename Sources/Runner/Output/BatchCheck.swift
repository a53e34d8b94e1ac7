package import Jobs

/// Looks for damage in a batch and in the results files that belong to it.
package struct BatchCheck: Sendable {
  /// Results in one read of the batch.
  private static let page = 256

  private let files: BatchFiles

  package init(_ files: BatchFiles) {
    self.files = files
  }

  /// What is wrong, a line each.
  package struct Findings: Sendable {
    /// In the batch, which has all results.
    package var batch: [String] = []
    /// In the files that show them, and can be written again while the batch is whole.
    package var files: [String] = []
  }

  /// What is wrong; nothing where all is well.
  ///
  /// - Throws: ``StoreError`` where there is no batch, or none that this version can read.
  package func findings() async throws -> Findings {
    var findings = Findings()
    func add(_ look: () async throws -> [String]) async throws {
      do {
        findings.batch += try await look()
      } catch let error as StoreError where error.code == .damaged {
        let finding = "\(error.place): \(error.message)"
        if !findings.batch.contains(finding) { findings.batch.append(finding) }
      }
    }
    try await add {
      let inspector = try Batches.inspect(files.batch)
      for look in [inspector.pageFindings, inspector.foreignFindings, inspector.countFindings] {
        try await add { try look().map { "\(files.batch): \($0)" } }
      }
      try await add { try lineFindings(inspector) }
      try await add {
        findings.files = try await fileFindings(inspector)
        return []
      }
      return []
    }
    return findings
  }

  /// Results whose lines are not what was written.
  private func lineFindings(_ inspector: any BatchInspector) throws -> [String] {
    var (sequence, damaged) = (0, [Int]())
    while true {
      let results = try inspector.results(after: sequence, limit: Self.page)
      guard let last = results.last else { break }
      damaged += results.filter { !$0.isSound }.map(\.job)
      sequence = last.sequence
    }
    guard let first = damaged.first else { return [] }
    let what = "\(damaged.count) lines are not what was written, first that of job \(first)"
    return ["\(files.batch): \(what)"]
  }

  private func fileFindings(_ inspector: any BatchInspector) async throws -> [String] {
    guard let output = files.output else { return [] }
    var findings: [String] = []
    for position in try inspector.exportPositions() where position.offset > 0 {
      let path = position.state == .completed ? output.completed : output.failed
      do {
        let file = try OutputFile(reading: path)
        let difference = try await difference(of: file, position, inspector)
        if let difference { findings.append("\(path): \(difference)") }
      } catch let error as StoreError where error.code != .damaged {
        findings.append("\(path): \(error.message)")
      }
    }
    return findings
  }

  /// The first place where a results file does not hold what the batch does, in words; nil where it
  /// does, and no more.
  private func difference(
    of file: OutputFile,
    _ position: ExportPosition,
    _ inspector: any BatchInspector
  ) async throws -> String? {
    let size = try file.size()
    var (offset, sequence) = (0, 0)
    while sequence < position.sequence {
      let end = min(sequence + Self.page, position.sequence)
      let results = try inspector.results(sequence + 1..<end + 1)
      for result in results {
        guard result.isSound else { return "the batch's line of job \(result.job) is damaged" }
        guard result.state == position.state else { continue }
        guard try await file.holds(result.line, at: offset) else {
          return "it differs from the batch at byte \(offset), the line of job \(result.job)"
        }
        offset += result.line.count + 1
      }
      sequence = results.last?.sequence ?? end
    }
    guard offset == position.offset else {
      return "\(position.offset) bytes of it were recorded, but the batch has \(offset)"
    }
    // What a run shows meanwhile is in the batch before it is in the file.
    let lines = ForeignLines(state: position.state, file: file) { sequence in
      try inspector.results(after: sequence, limit: Self.page)
    }
    let foreign = try await lines.first(after: offset, sequence, size: size)
    return foreign.map { "it has lines that the batch has not written, from byte \($0) on" }
  }
}

extension StoredResult {
  /// False for a line that cannot be what was stored: a page under it was overwritten, which a
  /// database without checksums does not notice.
  package var isSound: Bool {
    let bytes = line.bytes
    // JSON has tabs and carriage returns between its parts; a line feed would end the line.
    let isText =
      bytes.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0D }
      && (try? UTF8Span(validating: bytes.span)) != nil
    let head = state == .completed ? "{\"id\":\"job_" : ""
    return isAsStored && isText && bytes.starts(with: head.utf8) && !bytes.isEmpty
  }
}
