/// What the job file and the flags say about every plain prompt.
package struct PromptSettings: Sendable {
  /// For lines without a model of their own.
  package var model: String?
  /// For lines without a limit of their own, at least 1.
  package var maxTokens: Int?
  /// For lines without a system prompt of their own.
  package var system: String?
  /// Makes the prompt from the fields of a line or document; without one, `prompt` is the prompt.
  package var template: PromptTemplate?

  package init(
    model: String? = nil,
    maxTokens: Int? = nil,
    system: String? = nil,
    template: PromptTemplate? = nil
  ) {
    self.model = model
    self.maxTokens = maxTokens
    self.system = system
    self.template = template
  }

  /// The prompt of a document: the template's rendering, or the text itself.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - path: its path below the input folder.
  /// - Returns: the prompt of its job.
  /// - Throws: an ``InputLineError`` that fails the job.
  package func prompt(document text: String, path: String) throws(InputLineError) -> Prompt {
    let rendered = try render(.document(text: text, path: path)) ?? text
    return try prompt(rendered, system: nil, model: nil, maxTokens: nil)
  }

  /// The prompt of a plain line.
  fileprivate func prompt(line: JSONValue) throws(InputLineError) -> Prompt {
    guard let text = try render(.line(line)) ?? line["prompt"]?.string else {
      let fault = line["prompt"] == nil ? "has no prompt" : "prompt is not a string"
      throw InputLineError(message: fault, id: nil)
    }
    return try prompt(
      text,
      system: field("system", of: line) { $0.string },
      model: field("model", of: line) { $0.string },
      maxTokens: field("max_tokens", of: line) { $0.integer }
    )
  }

  private func prompt(
    _ text: String,
    system: String?,
    model: String?,
    maxTokens: Int?
  ) throws(InputLineError) -> Prompt {
    guard let model = model ?? self.model else {
      throw InputLineError(message: "no model is named: set --model or `model`", id: nil)
    }
    if let maxTokens, maxTokens < 1 {
      throw InputLineError(message: "max_tokens is less than 1", id: nil)
    }
    return Prompt(
      text: text,
      system: system ?? self.system,
      model: model,
      maxTokens: maxTokens ?? self.maxTokens
    )
  }

  /// A field of a line, nil if absent; of the wrong type, it is refused rather than ignored.
  private func field<Value>(
    _ name: String,
    of line: JSONValue,
    as read: (JSONValue) -> Value?
  ) throws(InputLineError) -> Value? {
    guard let found = line[name] else { return nil }
    guard let value = read(found) else {
      throw InputLineError(message: "\(name) is of the wrong type", id: nil)
    }
    return value
  }

  private func render(_ fields: TemplateFields) throws(InputLineError) -> String? {
    do throws(PromptTemplateError) {
      return try template?.render(fields)
    } catch {
      throw InputLineError(message: error.message, id: nil)
    }
  }
}

extension InputLine {
  /// What the line asks for.
  ///
  /// - Parameters:
  ///   - line: the bytes that were parsed.
  ///   - settings: what plain lines leave out.
  /// - Returns: a native body as it stands in the line, or a prompt.
  /// - Throws: an ``InputLineError`` that fails the job.
  package func payload(
    of line: ArraySlice<UInt8>,
    with settings: PromptSettings
  ) throws(InputLineError) -> Payload {
    switch shape {
    case .openAI(let url, let body):
      var scanner = JSONScanner(at: url.lowerBound)
      let path = try? scanner.string(in: line.span)
      return .native(path: path?.string(in: line.span), body: line[offset: body])
    case .anthropic(let params):
      return .native(path: nil, body: line[offset: params])
    case .plain:
      return .prompt(try settings.prompt(line: fields(of: line)))
    }
  }

  private func fields(of line: ArraySlice<UInt8>) throws(InputLineError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: Array(line))
    } catch {
      throw InputLineError(message: error.description, id: id)
    }
  }
}

extension ArraySlice<UInt8> {
  /// The bytes at these offsets from the first.
  fileprivate subscript(offset range: Range<Int>) -> ArraySlice<UInt8> {
    self[startIndex + range.lowerBound..<startIndex + range.upperBound]
  }
}
