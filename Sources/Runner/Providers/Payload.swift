import JSON

/// What a job asks for.
package enum Payload: Sendable, Equatable {
  /// A body in the provider's own format, sent as the bytes it came in.
  ///
  /// `path` is the line's `url`; nil where the line's shape has none.
  case native(path: String?, body: ArraySlice<UInt8>)
  /// A prompt that the provider puts into its own format.
  case prompt(Prompt)
}

/// A plain prompt with what the job file and the flags add to it.
package struct Prompt: Sendable, Equatable {
  /// The user's message, or the text to embed; empty where attachments stand for themselves.
  package var text: BodyText
  /// What is sent beside the text.
  package var attachments: [AttachedFile]
  /// The system prompt.
  package var system: BodyText?
  package var model: String
  /// The most tokens the answer may have, at least 1.
  package var maxTokens: Int?
  /// What the request says besides.
  package var parameters: Parameters

  package init(
    text: BodyText,
    attachments: [AttachedFile] = [],
    system: BodyText? = nil,
    model: String,
    maxTokens: Int? = nil,
    parameters: Parameters = Parameters()
  ) {
    self.text = text
    self.attachments = attachments
    self.system = system
    self.model = model
    self.maxTokens = maxTokens
    self.parameters = parameters
  }

  /// A body without anything in it yet, with room for all that the prompt brings.
  package var emptyBody: [UInt8] {
    var body: [UInt8] = []
    let texts = text.jsonCount + (system?.jsonCount ?? 0)
    let files = attachments.reduce(0) { sum, file in
      sum + AttachedFile.base64Count(of: file.bytes.count) + 3 * file.name.utf8.count + 256
    }
    body.reserveCapacity(texts + files + model.utf8.count + parameters.members.count + 256)
    return body
  }
}

/// A text on its way into a body, in the form in which it was found.
package enum BodyText: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// A JSON string as it stands in an input line, quotes included; it is copied as it is.
  case json(ArraySlice<UInt8>)
  /// Well-formed UTF-8, such as a document's.
  case utf8([UInt8])
  case text(String)

  package init(stringLiteral text: String) { self = .text(text) }

  var isEmpty: Bool { jsonCount <= 2 }

  /// How many bytes the text takes as JSON.
  var jsonCount: Int {
    switch self {
    case .json(let string): string.count
    case .utf8(let bytes): JSON.jsonCount(of: bytes.span)
    case .text(let text): JSON.jsonCount(of: text.utf8.span)
    }
  }
}

extension [UInt8] {
  /// Appends a text as a JSON string, quotes included.
  package mutating func appendJSON(_ text: BodyText) {
    switch text {
    case .json(let string): append(string.span)
    case .utf8(let bytes): appendJSON(utf8: bytes.span)
    case .text(let text): appendJSON(text)
    }
  }
}
