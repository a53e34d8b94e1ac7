/// A batch taken from one version of its input to the next.
package struct InputRebase: Sendable {
  /// The jobs of the new input, and behind them those that are only kept for their results.
  package var segments: [Segment]
  /// By a job's number until now its number from now on; -1 for one that is dropped.
  package var places: [Int]
  /// Jobs, by their numbers until now, whose results and attempts are forgotten.
  package var again: Set<Int>
  /// The new input, where it has been read to its end; nil for a folder.
  package var identity: FileIdentity?

  package init(
    segments: [Segment],
    places: [Int],
    again: Set<Int>,
    identity: FileIdentity?
  ) {
    self.segments = segments
    self.places = places
    self.again = again
    self.identity = identity
  }
}
