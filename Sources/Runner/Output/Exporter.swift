package import Jobs

/// Shows results in the output files once they are durable.
///
/// The store is the truth, the files are a view: ``repair(from:)`` makes them agree again after a
/// crash. Only the writer calls it, one call at a time, so the orders of store and files agree.
package struct Exporter: Sendable {
  private let views: [ExportView]

  /// - Throws: ``StoreError`` when a file cannot be opened.
  package init(_ output: OutputFiles) throws(StoreError) {
    views = [
      ExportView(of: .completed, in: try OutputFile(path: output.completed)),
      ExportView(of: .failed, in: try OutputFile(path: output.failed)),
    ]
  }

  /// Shows what is completed on a descriptor that is open already: what the batch has, and then what
  /// comes.
  ///
  /// - Throws: ``StoreError`` where it is not open.
  package init(stream: Int32) throws(StoreError) {
    views = [ExportView(of: .completed, in: try OutputFile(stream: stream))]
  }

  /// Makes the files agree with the store: a torn tail is cut, missing lines are added.
  ///
  /// - Parameter changed: paths of files that are compared from their start, since somebody may have
  ///   written to them.
  /// - Throws: ``StoreError``, `.notWritable` for a file that the batch has not begun, or to which
  ///   somebody else has added lines.
  package func repair(from store: any JobStore, changed: [String] = []) async throws {
    let positions = try await store.exportPositions()
    for view in views {
      try await view.repair(
        from: store,
        recorded: positions.first { $0.state == view.state },
        comparesAll: changed.contains(await view.path)
      )
    }
  }

  /// Makes files agree with the store that somebody has changed while this one wrote them.
  ///
  /// - Returns: their paths.
  func repairChanged(from store: any JobStore) async throws -> [String] {
    var paths: [String] = []
    for view in views {
      if let path = try await view.repairIfChanged(from: store) { paths.append(path) }
    }
    return paths
  }

  /// Appends results that have just become durable.
  package func append(_ results: [StoredResult]) async throws {
    for view in views { try await view.append(results) }
  }

  /// Makes everything shown so far durable and says how far that is; empty when nothing is new.
  package func sync() async throws -> [ExportPosition] {
    var positions: [ExportPosition] = []
    for view in views { if let position = try await view.sync() { positions.append(position) } }
    return positions
  }
}
