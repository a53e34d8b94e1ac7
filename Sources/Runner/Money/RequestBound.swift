import JSON

/// The most tokens that a request can be billed for, told from its body before it is sent.
package struct RequestBound: Sendable, Equatable {
  /// Tokens that an image may be: more than any published formula gives (OpenAI's gpt-4o-mini
  /// counts 48,169 for the largest in high detail).
  static let imageTokens = 50_000
  /// Tokens that providers add to a request with tools (Anthropic documents up to 804).
  static let toolTokens = 1_000
  /// More than any answer has, so that those of many requests can be added.
  static let mostOutput = Int128(1_000_000_000_000)
  /// Tokens for the frame of a request.
  static let frameTokens = 16

  /// No token is shorter than a byte of the text it stands for, so every byte counts as one.
  package var input: Int
  package var output: Int

  /// - Throws: ``Unbounded`` where the body does not bound what is billed.
  package init(of request: ProviderRequest, shape: RequestShape) throws(Unbounded) {
    let parts = BodyParts(of: request.body, isAttached: shape.attached != nil)
    output = 0
    if !request.path.hasSuffix("/embeddings") {
      guard let limit = shape.maxTokens else {
        throw Unbounded(
          reason: "it sets no limit on its answer, so it could cost anything",
          next: "set --max-tokens or `max_tokens`, or max_tokens in the body of the line"
        )
      }
      output = Int(min(Int128(limit) * Int128(parts.choices), Self.mostOutput))
    }
    if let part = parts.unbounded {
      throw Unbounded(
        reason: "`\(part)` brings input that its size does not bound",
        next: "run such jobs in a batch without a budget"
      )
    }
    input = shape.textBytes + Self.frameTokens + parts.images * Self.imageTokens
    input += shape.attached?.tokens.most ?? 0
    if parts.hasTools { input += Self.toolTokens }
  }

  /// Why a request cannot be sent under a budget.
  package struct Unbounded: Error, Equatable {
    package let reason: String
    package let next: String

    /// Both in one line.
    package var message: String { "a budget cannot hold this request: \(reason); \(next)" }
  }
}

/// What of a body its size does not tell.
private struct BodyParts {
  var images = 0
  var hasTools = false
  /// How many answers are asked for, each under its own limit.
  var choices = 1
  /// A part whose tokens nothing in the body bounds.
  var unbounded: String?

  /// Members that stand for text which the provider keeps.
  private static let stored = ["previous_response_id", "conversation", "container", "mcp_servers"]
  /// Beginnings of the `type` of files, and of tools that a provider runs by itself.
  private static let open = [
    "document", "file", "input_file", "input_audio", "audio", "video", "container_upload",
    "web_search", "web_fetch", "code_execution", "code_interpreter", "file_search", "mcp",
    "image_generation", "advisor",
  ]

  /// The types of parts by which files are attached here, whose tokens are known.
  private static let attached: Set = [
    "document", "file", "input_file", "image", "image_url", "input_image",
  ]

  /// - Parameter isAttached: whether its files were put into it here.
  init(of body: ArraySlice<UInt8>, isAttached: Bool) {
    let text = body.span
    if var members = JSONMembers(ofWhole: text) {
      while let member = try? members.next(in: text) { note(member, in: text) }
    }
    for word in Self.types(in: text) where !(isAttached && Self.attached.contains(word)) {
      if word.hasPrefix("image") || word.hasPrefix("input_image") { images += 1 }
      if unbounded == nil, Self.open.contains(where: { word.hasPrefix($0) }) { unbounded = word }
    }
  }

  private mutating func note(_ member: JSONMember, in text: Span<UInt8>) {
    guard member.value.kind != .null, let name = member.key.string(in: text) else { return }
    switch (name, member.value.kind) {
    case ("tools", _), ("functions", _): hasTools = true
    case ("n", _), ("best_of", _):
      choices *= max(1, min(1_000, member.value.integer(in: text) ?? 1))
    case ("prompt", .array): choices *= Self.prompts(member.value.source(in: text))
    // A template that the provider keeps.
    case ("prompt", .object): unbounded = name
    default: if Self.stored.contains(name) { unbounded = name }
    }
  }

  /// How many prompts an array is: texts or lists of tokens, or one list of tokens.
  private static func prompts(_ array: String) -> Int {
    let elements = (try? JSONValue(parsing: Array(array.utf8)))?.elements ?? []
    return elements.first?.kind == .number ? 1 : max(1, elements.count)
  }

  /// The texts of every member named `type`, at any depth.
  ///
  /// Within a text the quotes would be escaped, so what looks like a member is one.
  private static func types(in text: Span<UInt8>) -> [String] {
    let quote = UInt8(ascii: "\"")
    let name = Array("type\"".utf8)
    var types: [String] = []
    var place = 0
    while place + name.count < text.count {
      place += 1
      guard text[place - 1] == quote, text[place] == name[0] else { continue }
      guard name.indices.allSatisfy({ text[place + $0] == name[$0] }) else { continue }
      var scanner = JSONScanner(at: place + name.count)
      guard scanner.take(UInt8(ascii: ":"), in: text), let word = try? scanner.string(in: text)
      else { continue }
      types.append(word.string(in: text) ?? "")
    }
    return types
  }
}
