/// A place that holds one API key and can be asked for its present value.
package protocol KeySource: Sendable {
  /// What the user wrote to name it.
  var reference: KeyReference { get }

  /// Reads the present value, and an earlier one where the store keeps it for a time of overlap.
  ///
  /// May take as long as the store does; ends early when its task is cancelled. Called by one task
  /// at a time. A source keeps no value after it has given it.
  ///
  /// - Parameter label: the ``Key/label`` of the newest value that the caller still has from here;
  ///   nil to be given everything.
  /// - Returns: the values that may be used, newest first and never empty; nil where the newest
  ///   still is the one of that label.
  /// - Throws: ``KeySourceError`` that says what to do next; its kind tells an outage from a key
  ///   that is no more.
  func fetch(unless label: String?) async throws(KeySourceError) -> [Key]?

  /// Whether it is asked over the network, where a store that hangs keeps everybody waiting.
  var isRemote: Bool { get }

  /// Says when to read again before it is time; nil where the place cannot be watched.
  ///
  /// Asked for once. The watching ends with the stream.
  var changes: AsyncStream<Void>? { get }
}

extension KeySource {
  package var changes: AsyncStream<Void>? { nil }
  package var isRemote: Bool { false }
}
