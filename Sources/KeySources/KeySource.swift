/// A place that holds one API key and can be asked for its present value.
package protocol KeySource: Sendable {
  /// What the user wrote to name it.
  var reference: KeyReference { get }

  /// Reads the present value. May block for as long as the store takes.
  ///
  /// - Throws: ``KeySourceError`` that says what to do next.
  func fetch() async throws(KeySourceError) -> Key
}
