package import Jobs

/// Opens batches, whichever engine keeps them.
package enum Batches {
  /// The first that keeps a place has the batch that is there; a new engine goes in front.
  private static let engines: [any BatchEngine] = [SQLiteEngine()]

  private static func engine(of place: String) -> any BatchEngine {
    engines.first { $0.keeps(place) } ?? SQLiteEngine()
  }

  /// Opens a batch to take jobs from it or to add some, creating it where there is none.
  ///
  /// - Parameters:
  ///   - input: what the batch is about; must be the same at every opening.
  ///   - onWait: told while another program keeps the batch from everybody.
  /// - Throws: ``StoreError``.
  package static func open(
    _ place: String,
    input: BatchInput,
    as role: BatchRole,
    onWait: @escaping @Sendable (LockWait) -> Void = { _ in }
  ) throws(StoreError) -> any BatchStore {
    try engine(of: place).open(place, input: input, as: role, onWait: onWait)
  }

  /// Opens a batch that is there, to change which of its jobs are to be done.
  ///
  /// - Throws: ``StoreError``; `.owned` while a run works on it, which a queue allows.
  package static func change(
    _ place: String,
    onWait: @escaping @Sendable (LockWait) -> Void
  ) throws(StoreError) -> any BatchStore {
    try engine(of: place).open(place, input: nil, as: .visitor, onWait: onWait)
  }

  /// Looks at a batch that other processes may be working on.
  ///
  /// - Throws: ``StoreError`` where there is no batch, or none that this version can read.
  package static func inspect(_ place: String) throws(StoreError) -> any BatchInspector {
    try engine(of: place).inspect(place)
  }

  /// True where there is a batch rather than results, or nothing.
  package static func isBatch(_ place: String) -> Bool { engine(of: place).isBatch(place) }
}
