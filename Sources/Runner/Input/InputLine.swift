import JSON

/// One line of an input file: its id, and where in the line its request stands.
///
/// It is made in one pass over the bytes, with one allocation, for the id.
package struct InputLine: Sendable, Equatable {
  /// The shapes, told apart by their fields; every place is an offset from the line's first byte.
  package enum Shape: Sendable, Equatable {
    case native(NativeRequest)
    case plain(PlainFields)
  }

  /// A request in a provider's own format, which is sent as the bytes it came in.
  package struct NativeRequest: Sendable, Equatable {
    /// The `url` of OpenAI's batch format; nil in Anthropic's, which has `params` instead.
    let url: JSONToken?
    /// Where the body stands.
    package let body: Range<Int>
    let fields: RequestFields
  }

  /// What of a plain line goes into its request when no template says otherwise; nulls are absent.
  package struct PlainFields: Sendable, Equatable {
    var prompt: JSONToken?
    var system: JSONToken?
    var model: JSONToken?
    var maxTokens: JSONToken?
    /// The provider's own parameters.
    var params: JSONToken?
    /// The paths of PDFs and images that go beside the prompt.
    var files: JSONToken?
  }

  /// How a line begins that stands for a row of a table: its fields are the columns, of which a prompt
  /// needs some.
  static let rowStart = #"{"nightjar":"row""#

  /// The longest id, in bytes.
  package static let idLimit = 512
  /// The longest name of a model, in bytes: of each that is met, limits are kept.
  static let modelLimit = 512

  /// The job's id as text, never empty.
  package let id: String
  package let shape: Shape
  /// True where the line has no id, so that its own is made of what it holds.
  package let isUnnamed: Bool
  /// The names of a plain line's fields that mean nothing by themselves: a template may name them.
  package let others: [String]

  init(id: String, shape: Shape, others: [String] = [], isUnnamed: Bool = false) {
    self.isUnnamed = isUnnamed
    self.id = id
    self.shape = shape
    self.others = others
  }

  /// True where the settings of the run go into the request.
  package var isPrompt: Bool {
    if case .plain = shape { return true }
    return false
  }
}

/// What is wrong with an input line.
package struct InputLineError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The code of the job's refusal.
  package var code = "malformed_line"
  /// Plain words, to stand after the file's name and the line's number.
  package let message: String
  /// The id of the job, if the line got as far as having one.
  package var id: String?

  package var description: String { message }
}
