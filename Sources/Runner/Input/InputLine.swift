/// One line of an input file: its id, and where in the line its request stands.
///
/// Cheap, since it runs twice for every line: one pass over the bytes, one allocation for the id.
package struct InputLine: Sendable, Equatable {
  /// The three shapes, told apart by their fields; ranges are offsets from the line's first byte.
  package enum Shape: Sendable, Equatable {
    /// OpenAI's batch format: `custom_id`, `method`, `url`, `body`.
    case openAI(url: Range<Int>, body: Range<Int>)
    /// Anthropic's batch format: `custom_id`, `params`.
    case anthropic(params: Range<Int>)
    /// `id` and `prompt`, or whatever fields the job file's template names.
    case plain
  }

  /// The longest id, in bytes.
  package static let idLimit = 512

  /// The job's id as text, never empty.
  package let id: String
  package let shape: Shape
}

/// What is wrong with an input line.
package struct InputLineError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Plain words, to stand after the file's name and the line's number.
  package let message: String
  /// The id of the job, if the line got as far as having one.
  package let id: String?

  package var description: String { message }
}
