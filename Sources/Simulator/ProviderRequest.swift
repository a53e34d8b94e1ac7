package import FoundationEssentials

/// The endpoints that the simulator answers.
enum Endpoint: String, Sendable {
  case messages = "/v1/messages"
  case chatCompletions = "/v1/chat/completions"
  case responses = "/v1/responses"
  case embeddings = "/v1/embeddings"
  case models = "/v1/models"
}

/// A request as it arrived, before anything in it is believed.
package struct ProviderRequest: Sendable {
  let method: String
  let path: String
  /// The headers that matter, by lower-case name.
  let headers: [String: String]
  let content: Content

  /// What could be read of the body.
  enum Content: Sendable {
    case tooLarge
    case unreadable
    case fields(RequestFields)
  }

  /// A request with the headers that matter: `x-api-key`, `authorization`, `anthropic-version`.
  ///
  /// - Parameters:
  ///   - method: The method, in capitals.
  ///   - path: The path, without a query.
  ///   - headers: Header values by lower-case name.
  ///   - body: The body, or nil when it was larger than ``maximumBody``.
  package init(method: String, path: String, headers: [String: String], body: Data?) {
    self.method = method
    self.path = path
    self.headers = headers
    if let body {
      let fields = try? JSONDecoder().decode(RequestFields.self, from: body)
      content = fields.map(Content.fields) ?? .unreadable
    } else {
      content = .tooLarge
    }
  }

  /// 32 MB, as Anthropic limits a Messages request.
  package static let maximumBody = 32 * 1024 * 1024

  var endpoint: Endpoint? {
    guard let endpoint = Endpoint(rawValue: path) else { return nil }
    return method == (endpoint == .models ? "GET" : "POST") ? endpoint : nil
  }

  var wire: any WireFormat {
    let isAnthropic = headers["x-api-key"] != nil || headers["anthropic-version"] != nil
    switch endpoint {
    case .messages: return AnthropicWire()
    case .chatCompletions, .responses, .embeddings: return OpenAIWire()
    case .models, nil: return isAnthropic ? AnthropicWire() : OpenAIWire()
    }
  }
}

/// The fields of the four request bodies that the simulator reads; it ignores all others.
struct RequestFields: Decodable, Sendable {
  var model: String?
  var messages: [Message]?
  var input: Input?
  var stream: Bool?
  var dimensions: Int?
  var service_tier: String?
  private var max_tokens: Int?
  private var max_completion_tokens: Int?
  private var max_output_tokens: Int?

  /// The most output tokens that the request allows, under whichever name its API has for it.
  var maxTokens: Int? { max_tokens ?? max_completion_tokens ?? max_output_tokens }

  /// The first field whose number makes no sense.
  var fieldBelowOne: String? {
    let numbers = [
      ("max_tokens", max_tokens), ("max_completion_tokens", max_completion_tokens),
      ("max_output_tokens", max_output_tokens), ("dimensions", dimensions),
    ]
    return numbers.first { ($0.1 ?? 1) < 1 }?.0
  }

  struct Message: Decodable, Sendable {
    var role: String?
    var content: Content?
  }

  /// Content is a string or a list of blocks: texts, and files that count as so many tokens each.
  struct Content: Decodable, Sendable {
    let text: String
    /// Tokens of images and documents, whatever they hold.
    let attachedTokens: Int

    private struct Block: Decodable {
      var type: String?
      var text: String?

      var tokens: Int {
        switch type {
        case "image", "image_url", "input_image": 1_500
        case "document", "file", "input_file": 3_000
        default: 0
        }
      }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let string = try? container.decode(String.self) {
        text = string
        attachedTokens = 0
      } else {
        let blocks = try container.decode([Block].self)
        text = blocks.compactMap(\.text).joined(separator: "\n")
        attachedTokens = blocks.reduce(0) { $0 + $1.tokens }
      }
    }
  }

  /// The `input` of Responses (a string or messages) and Embeddings (one string or several).
  enum Input: Decodable, Sendable {
    case texts([String])
    case messages([Message])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let string = try? container.decode(String.self) {
        self = .texts([string])
      } else if let strings = try? container.decode([String].self) {
        self = .texts(strings)
      } else {
        self = .messages(try container.decode([Message].self))
      }
    }
  }

  /// The prompts of the request: one, but for embeddings of several inputs.
  var prompts: [String] {
    switch input {
    case .texts(let texts): texts
    case .messages, nil: [lastOfUser?.text ?? ""]
    }
  }

  /// Tokens of the images and documents beside the prompt.
  var attachedTokens: Int { lastOfUser?.attachedTokens ?? 0 }

  private var lastOfUser: Content? {
    var all = messages ?? []
    if case .messages(let messages) = input { all = messages }
    return all.last { $0.role == "user" }?.content
  }
}
