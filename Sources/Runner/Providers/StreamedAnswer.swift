import JSON

/// An answer that came as server-sent events although nobody reads streams, put together again.
///
/// The shapes are those of OpenAI's chat completions, completions and responses, and of Anthropic's
/// messages (html.spec.whatwg.org, Server-sent events).
struct StreamedAnswer {
  /// What came of it.
  enum Whole {
    /// The JSON that the provider would have sent at once, an error that it reported among it.
    case answer([UInt8])
    /// A part of an answer, and an error that the provider reported before, in or after it.
    case brokenOff(JSONValue)
    /// Its end, or a piece of its middle, is missing.
    case cut
    /// None of the known shapes.
    case unknown
  }

  private var chat = StreamedChat()
  private var message = StreamedMessage()
  /// A response that stands in one event.
  private var wholeEvent: String?
  private var hasBegunResponse = false
  /// The first error that was reported.
  private var error: JSONValue?
  private var hasBegun = false
  private var isDamaged = false
  private var isDone = false

  /// Whether a body, without white space before it, looks like server-sent events.
  static func begins(_ body: ArraySlice<UInt8>) -> Bool {
    ["data:", "event:", ": "].contains { withoutMark(body).starts(with: $0.utf8) }
  }

  /// One byte order mark may stand before a stream (section 9.2.5 of the same).
  private static func withoutMark(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body
  }

  init(reading body: [UInt8]) {
    for event in StreamedEvent.all(in: Self.withoutMark(body[...])) {
      if event.isEnd { isDone = true }
      if event.isError {
        error = error ?? event.reported
        continue
      }
      let values = event.values
      for value in values { add(value) }
      isDamaged = isDamaged || values.isEmpty && !isDone && !event.isPing
    }
  }

  var whole: Whole {
    if let error { return hasBegun ? .brokenOff(error) : .answer(Array(error.source.utf8)) }
    if let wholeEvent { return .answer(Array(wholeEvent.utf8)) }
    if isDamaged, hasBegun { return .cut }
    if message.hasBegun {
      return message.isComplete && !message.isOdd ? .answer(message.json) : .cut
    }
    if hasBegunResponse { return .cut }
    guard chat.hasBegun, !chat.isOdd else { return .unknown }
    return isDone || chat.isComplete ? .answer(chat.json) : .cut
  }

  private mutating func add(_ event: JSONValue) {
    let type = event["type"]?.string
    if ErrorBody.isReported(in: event) {
      error = error ?? event
      return
    }
    if type != "ping" { hasBegun = hasBegun || event.kind == .object }
    if let type,
      ["response.completed", "response.incomplete", "response.failed"].contains(type)
    {
      wholeEvent = event["response"]?.source
    } else if event["choices"]?.elements != nil {
      chat.add(event)
    } else if let type {
      hasBegunResponse = hasBegunResponse || type.hasPrefix("response.")
      message.add(event, type)
    }
  }
}

/// The chunks of a chat completion or of a completion.
private struct StreamedChat {
  private struct Choice {
    var delta = MergedJSON.object([])
    var text: String?
    var others = MergedJSON.object([])
    var isComplete: Bool { others["finish_reason"] != nil }
  }

  private var head = MergedJSON.object([])
  private var choices: [Int: Choice] = [:]

  /// True where a choice has an index that is none, so that nobody can tell where its text belongs.
  private(set) var isOdd = false

  var hasBegun: Bool { !choices.isEmpty }
  var isComplete: Bool { choices.values.allSatisfy(\.isComplete) }

  mutating func add(_ chunk: JSONValue) {
    for (name, value) in chunk.members ?? [] where value.kind != .null && name != "choices" {
      head[name] = MergedJSON(value)
    }
    for (place, choice) in (chunk["choices"]?.elements ?? []).enumerated() {
      let index = choice["index"].map(\.integer) ?? place
      if let index { add(choice, at: index) } else { isOdd = true }
    }
  }

  private mutating func add(_ piece: JSONValue, at index: Int) {
    var choice = choices[index] ?? Choice()
    for (name, value) in piece.members ?? [] where value.kind != .null {
      switch name {
      case "delta", "message": choice.delta.merge(MergedJSON(value))
      case "text": choice.text = (choice.text ?? "") + (value.string ?? "")
      case "logprobs": choice.others.merge(.object([(name, MergedJSON(value))]))
      default: choice.others[name] = MergedJSON(value)
      }
    }
    choices[index] = choice
  }

  var json: [UInt8] {
    var answer = head
    let isText = choices.values.contains { $0.text != nil }
    answer["object"] = .string(isText ? "text_completion" : "chat.completion")
    answer["choices"] = .array(
      choices.sorted { $0.key < $1.key }.map { _, choice in
        var whole = choice.others
        if let text = choice.text {
          whole["text"] = .string(text)
        } else {
          whole["message"] = choice.delta
        }
        return whole
      }
    )
    return answer.json
  }
}

/// The events of an Anthropic message (platform.claude.com/docs/en/build-with-claude/streaming).
private struct StreamedMessage {
  private var message: MergedJSON?
  private var blocks: [Int: MergedJSON] = [:]
  /// The inputs of tools, which come as pieces of JSON.
  private var inputs: [Int: String] = [:]
  private(set) var isComplete = false
  /// True where a piece is of a block that never began.
  private(set) var isOdd = false

  var hasBegun: Bool { message != nil }

  mutating func add(_ event: JSONValue, _ type: String) {
    let index = event["index"]?.integer ?? 0
    switch type {
    case "message_start": message = event["message"].map { MergedJSON($0) }
    case "content_block_start": blocks[index] = event["content_block"].map { MergedJSON($0) }
    case "content_block_delta":
      isOdd = isOdd || blocks[index] == nil
      if let delta = event["delta"] { add(delta, at: index) }
    case "message_delta":
      for (name, value) in event["delta"]?.members ?? [] { message?[name] = MergedJSON(value) }
      var usage = message?["usage"] ?? .object([])
      for (name, value) in event["usage"]?.members ?? [] { usage[name] = MergedJSON(value) }
      message?["usage"] = usage
    case "message_stop": isComplete = true
    default: break
    }
  }

  private mutating func add(_ delta: JSONValue, at index: Int) {
    if let piece = delta["partial_json"]?.string {
      inputs[index, default: ""] += piece
    } else if let citation = delta["citation"] {
      blocks[index]?.merge(.object([("citations", .array([MergedJSON(citation)]))]))
    } else {
      for (name, value) in delta.members ?? [] where name != "type" {
        blocks[index]?.merge(.object([(name, MergedJSON(value))]))
      }
    }
  }

  var json: [UInt8] {
    var whole = message ?? .object([])
    whole["content"] = .array(
      blocks.sorted { $0.key < $1.key }.map { index, block in
        var block = block
        let input = inputs[index].flatMap { try? JSONValue(parsing: Array($0.utf8)) }
        if let input { block["input"] = MergedJSON(input) }
        return block
      }
    )
    return whole.json
  }
}
