package import Jobs

/// Shows results in the output files once they are durable.
///
/// The store is the truth, the files are a view: ``repair(from:)`` makes them agree again after a
/// crash. Only the writer calls it, one call at a time, so the orders of store and files agree.
package struct Exporter: Sendable {
  private let completed: ExportView
  private let failed: ExportView

  /// - Throws: ``StoreError`` when a file cannot be opened.
  package init(_ output: OutputFiles) throws(StoreError) {
    completed = try ExportView(of: .completed, path: output.completed)
    failed = try ExportView(of: .failed, path: output.failed)
  }

  /// Makes the files agree with the store: a torn or foreign tail is cut, missing lines are added.
  package func repair(from store: any JobStore) async throws {
    let positions = try await store.exportPositions()
    try await completed.repair(
      from: store,
      recorded: positions.first { $0.state == .completed }
    )
    try await failed.repair(from: store, recorded: positions.first { $0.state == .failed })
  }

  /// Appends results that have just become durable.
  package func append(_ results: [StoredResult]) async throws {
    try await completed.append(results)
    try await failed.append(results)
  }

  /// Makes everything shown so far durable and says how far that is; empty when nothing is new.
  package func sync() async throws -> [ExportPosition] {
    [try await completed.sync(), try await failed.sync()].compactMap { $0 }
  }
}
