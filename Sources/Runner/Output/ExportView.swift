import Jobs

/// One output file, which shows the results of one state in the order of their commits.
actor ExportView {
  private let state: JobResult.State
  private let file: OutputFile
  private var offset = 0
  private var sequence = 0
  private var isDirty = false

  init(of state: JobResult.State, path: String) throws(StoreError) {
    self.state = state
    file = try OutputFile(path: path)
  }

  /// Appends those results that belong here.
  func append(_ results: [StoredResult]) async throws {
    var bytes: [UInt8] = []
    for result in results where result.state == state {
      bytes += result.line
      bytes.append(UInt8(ascii: "\n"))
      sequence = result.sequence
    }
    guard !bytes.isEmpty else { return }
    offset += bytes.count
    isDirty = true
    try await file.append(bytes)
  }

  /// Makes what was appended durable; nil when nothing was since the last time.
  func sync() async throws -> ExportPosition? {
    guard isDirty else { return nil }
    isDirty = false
    let position = ExportPosition(state: state, offset: offset, sequence: sequence)
    try await file.sync()
    return position
  }

  /// Makes the file agree with the store.
  func repair(from store: any JobStore, recorded: ExportPosition?) async throws {
    let size = try file.size()
    var repair = ExportRepair(size: size, recorded: recorded)
    if !repair.isWhole {
      var flush = Flush()
      flush.exports = [ExportPosition(state: state, offset: 0, sequence: 0)]
      _ = try await store.commit(flush)
    }
    while true {
      let page = try await store.results(after: repair.sequence, limit: 64)
      guard !page.isEmpty else { break }
      for result in page { try await repairLine(of: result, &repair) }
    }
    if repair.isComparing, repair.offset < size { try await file.truncate(to: repair.offset) }
    offset = repair.offset
    sequence = repair.sequence
    isDirty = true
  }

  private func repairLine(of result: StoredResult, _ repair: inout ExportRepair) async throws {
    let line = result.state == state ? result.line + [UInt8(ascii: "\n")] : []
    let present =
      repair.isComparing && !line.isEmpty
      ? try await file.read(at: repair.offset, count: line.count) : []
    guard
      case .write(let cut) = repair.next(line: line, sequence: result.sequence, present: present)
    else { return }
    if let cut { try await file.truncate(to: cut) }
    try await file.append(line)
  }
}
