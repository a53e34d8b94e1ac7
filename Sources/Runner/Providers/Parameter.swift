import JSON
internal import Secrets

/// One of the provider's own parameters of a plain prompt, as it was stated.
package struct Parameter: Sendable, Equatable {
  package let name: String
  /// Its value as it was written, JSON on one line.
  package let json: String
  /// The line of the job file that states it; nil where that is not what does.
  package let line: Int?

  /// - Parameter json: the value, which is JSON.
  /// - Throws: a ``ParameterError`` for what is stated elsewhere.
  package init(_ name: String, json: String, line: Int? = nil) throws(ParameterError) {
    guard !name.isEmpty else { throw ParameterError("a parameter has no name", line: line) }
    if let advice = Self.elsewhere[name.lowercased().replacing("-", with: "_")] {
      throw ParameterError("`\(name)` is no parameter; \(advice)", line: line)
    }
    self.name = name
    self.json = compact(json)
    self.line = line
  }

  /// For messages.
  var shownName: String { "`\(Scrubber(limit: 60).scrub(name))`" }

  /// What a request says otherwise, and how.
  private static let elsewhere: [String: String] = {
    let prompt =
      "what is asked is made of the prompt: `prompt` in the line or the job file; a whole request is "
      + "a batch line (`custom_id`)"
    let system = "it is `system` in the line or the job file, or --system"
    let maxTokens = "it is `max_tokens` in the line or the job file, or --max-tokens"
    let key = "a key never stands among them; name where it is: `key: env:NAME`, or --key"
    return [
      "api_key": key, "apikey": key, "x_api_key": key, "authorization": key,
      "model": "it is `model` in the line or the job file, or --model",
      "messages": prompt, "input": prompt, "system": system, "instructions": system,
      "stream": "answers are taken whole, so leave it out",
      "max_tokens": maxTokens, "max_completion_tokens": maxTokens, "max_output_tokens": maxTokens,
    ]
  }()

  /// The names of parameters that people look for elsewhere.
  package static let common: Set<String> = [
    "anthropic_version", "effort", "frequency_penalty", "logit_bias", "logprobs", "metadata", "n",
    "output_config", "presence_penalty", "reasoning", "reasoning_effort", "response_format",
    "schema", "seed", "service_tier", "stop", "stop_sequences", "temperature", "thinking",
    "tool_choice", "tools", "top_k", "top_logprobs", "top_p", "verbosity",
  ]

  /// The JSON that a bare text stands for: itself where it is JSON, else a string.
  ///
  /// - Returns: nil where it might be meant otherwise: `.5`, `True`, `{a: 1}`, nothing at all.
  package static func json(of text: String) -> String? {
    if (try? JSONValue(parsing: Array(text.utf8))) != nil { return text }
    return isAmbiguous(text) ? nil : jsonQuoted(text)
  }

  private static func isAmbiguous(_ text: String) -> Bool {
    let word = text.lowercased().filter { !$0.isWhitespace && $0 != "_" }
    let isNumber = Double(word.replacing(",", with: ".")) != nil
    let words = ["", "true", "false", "null", "yes", "no", "on", "off", "~"]
    return isNumber || words.contains(word) || text == "None" || "{[\"'".contains(word.prefix(1))
  }
}

/// Why a parameter cannot be sent.
package struct ParameterError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong; what to do about it.
  package let message: String
  /// The line of the job file that states it.
  package let line: Int?

  init(_ message: String, line: Int? = nil) {
    self.message = message
    self.line = line
  }

  /// Two parameters that have one place.
  init(same one: String, _ other: String, line: Int?) {
    let names = [one, other].map { "`\(Scrubber(limit: 60).scrub($0))`" }
    let words =
      one == other ? "\(names[0]) is stated twice" : "\(names[0]) and \(names[1]) are the same"
    self.init(words + "; keep one", line: line)
  }

  package var description: String { message }
}

/// Where an API takes a parameter that has a short name here.
package enum ParameterPlace: Sendable, Equatable {
  /// The member of the body that these names lead to, from outside in: one or two.
  case member([String])
  /// The same, which is a list; a value that is none becomes the only one of it.
  case list([String])
  /// The same for a JSON schema, with what stands before and behind it.
  case schema([String], before: String, after: String)
  /// A header field with the date of a version.
  case header(String)
  /// It has none; says who has not.
  case nowhere(String)

  /// Of a member of the body, the names that lead to it.
  var path: [String]? {
    switch self {
    case .member(let path), .list(let path), .schema(let path, _, _): path
    case .header, .nowhere: nil
    }
  }
}

/// JSON without the white space between its values, every number and string as it was.
private func compact(_ json: String) -> String {
  var (isInString, isEscaped) = (false, false)
  let bytes = json.utf8.filter { byte in
    guard isInString else {
      isInString = byte == UInt8(ascii: "\"")
      return byte > 0x20
    }
    isInString = isEscaped || byte != UInt8(ascii: "\"")
    isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
    return true
  }
  return String(decoding: bytes, as: UTF8.self)
}
