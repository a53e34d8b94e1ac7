package import Jobs

/// Writes the results of a batch to a file of its own.
package struct BatchExport: Sendable {
  /// Results in one read of the batch.
  private static let page = 256

  private let inspector: BatchInspector
  private let state: JobResult.State
  private let isOrdered: Bool

  package init(inspector: BatchInspector, state: JobResult.State, isOrdered: Bool) {
    self.inspector = inspector
    self.state = state
    self.isOrdered = isOrdered
  }

  /// Replaces the file at `path` with all results that are durable now.
  ///
  /// - Returns: how many lines were written.
  /// - Throws: ``StoreError``; the file is then as it was.
  package func write(to path: String) async throws -> Int {
    var count = 0
    try await OutputFile.replacing(path) { file in
      var last = isOrdered ? -1 : 0
      while true {
        let results =
          isOrdered
          ? try inspector.results(state, afterJob: last, limit: Self.page)
          : try inspector.results(after: last, limit: Self.page)
        guard let end = results.last else { return }
        last = isOrdered ? end.job : end.sequence
        let lines = results.filter { $0.state == state }
        count += lines.count
        try await file.append(lines.flatMap { $0.line + [UInt8(ascii: "\n")] })
      }
    }
    return count
  }
}
