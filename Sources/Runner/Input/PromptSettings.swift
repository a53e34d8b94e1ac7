import JSON
import Jobs

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
  /// Fields of lines that are known to be of no use here.
  package var ignoredFields: Set<String>
  /// What requests say besides.
  package var parameters: PromptParameters

  package init(
    model: String? = nil,
    maxTokens: Int? = nil,
    system: String? = nil,
    template: PromptTemplate? = nil,
    ignoredFields: Set<String> = [],
    parameters: PromptParameters = PromptParameters()
  ) {
    self.model = model
    self.maxTokens = maxTokens
    self.system = system
    self.template = template
    self.ignoredFields = ignoredFields
    self.parameters = parameters
  }

  /// The bytes that go into every request besides its line or document, about.
  private var size: Int {
    (system?.utf8.count ?? 0) + (template?.size ?? 0) + parameters.usual.members.count
  }

  /// What the request of a document will say; of its size the best guess before it is read.
  func shape(
    ofDocument bytes: Int,
    attached: AttachedShape? = nil
  ) throws(InputLineError) -> RequestShape {
    var shape = try shape(model: nil, maxTokens: nil, bytes: attached?.base64 ?? bytes)
    shape.attached = attached
    return shape
  }

  /// What the request of a line will say; of a prompt the size is a guess.
  ///
  /// - Throws: an ``InputLineError`` that fails the job.
  package func shape(
    of line: InputLine,
    in text: Span<UInt8>
  ) throws(InputLineError) -> RequestShape {
    switch line.shape {
    case .native(let request):
      if let unused = UnusedFields(besideRequest: line.others, ignored: ignoredFields) {
        throw InputLineError(code: "unknown_field", message: unused.message, id: line.id)
      }
      return RequestShape(request.fields, body: request.body, in: text)
    case .plain(let fields):
      if let unused = unused(of: line.others) {
        throw InputLineError(code: "unknown_field", message: unused.message, id: line.id)
      }
      return try shape(of: fields, in: text)
    }
  }

  /// Why a line, which is a job, can make no request with these settings; nil where it can.
  func fault(of line: LineSplitter.Line, idField: String?) -> InputLineError? {
    guard let found = try? InputLine.read(line, idField: idField) else { return nil }
    do throws(InputLineError) {
      _ = try shape(of: found, in: line.bytes.content.span)
      return nil
    } catch {
      return error
    }
  }

  /// The fields that would be lost without a word; nil where there are none.
  private func unused(of fields: [String]) -> UnusedFields? {
    guard !fields.isEmpty else { return nil }
    return UnusedFields(fields, namedByTemplate: template?.names ?? [], ignored: ignoredFields)
  }

  private func shape(
    of fields: InputLine.PlainFields,
    in line: Span<UInt8>
  ) throws(InputLineError) -> RequestShape {
    if fields.params != nil { _ = try parameters(of: fields, in: line) }
    if fields.files != nil { _ = try files(of: .plain(fields), in: line) }
    guard template != nil || fields.prompt?.kind == .string else {
      throw fault(fields.prompt == nil ? "has no prompt" : "prompt is not a string")
    }
    guard template != nil || fields.prompt?.isBlank(in: line) != true else {
      throw fault("has a prompt of nothing but white space")
    }
    guard fields.system?.kind ?? .string == .string else {
      throw fault("system is of the wrong type")
    }
    let model = fields.model?.string(in: line)
    guard model != nil || fields.model == nil else { throw fault("model is of the wrong type") }
    let maxTokens = fields.maxTokens?.integer(in: line)
    guard maxTokens != nil || fields.maxTokens == nil else {
      throw fault("max_tokens is of the wrong type")
    }
    return try shape(model: model, maxTokens: maxTokens, bytes: line.count)
  }

  private func shape(
    model: String?,
    maxTokens: Int?,
    bytes: Int
  ) throws(InputLineError) -> RequestShape {
    guard let model = model ?? self.model else {
      throw fault("no model is named: set --model or `model`")
    }
    if let maxTokens, maxTokens < 1 { throw fault("max_tokens is less than 1") }
    return RequestShape(
      model: model,
      maxTokens: maxTokens ?? self.maxTokens,
      bytes: bytes + size
    )
  }

  /// The prompt of a document: the template's rendering, or the text itself.
  ///
  /// - Parameters:
  ///   - text: the document.
  ///   - path: its path below the input folder.
  ///   - shape: what was told of it before.
  /// - Returns: the prompt of its job.
  /// - Throws: an ``InputLineError`` that fails the job.
  package func prompt(
    document text: [UInt8],
    path: String,
    _ shape: RequestShape
  ) throws(InputLineError) -> Prompt {
    guard let template else { return prompt(.utf8(text), system: nil, shape) }
    guard template.constantFault == nil else {
      throw InputLineError(
        code: Refusal.missingField,
        message: "the prompt template names no {{text}}, so that this text would not be sent; "
          + "write {{#text}}{{text}}{{/text}} where it belongs, which PDFs and images leave out"
      )
    }
    let fields = TemplateFields.document(text: String(decoding: text, as: UTF8.self), path: path)
    return prompt(.text(try render(template, fields)), system: nil, shape)
  }

  /// The prompt of a PDF or an image: the template's rendering beside the file itself.
  ///
  /// - Parameters:
  ///   - file: the document.
  ///   - path: its path below the input folder.
  ///   - shape: what was told of it before.
  /// - Throws: an ``InputLineError`` that fails the job.
  package func prompt(
    attachment file: AttachedFile,
    path: String,
    _ shape: RequestShape
  ) throws(InputLineError) -> Prompt {
    guard template != nil || system != nil else {
      throw InputLineError(
        code: Refusal.missingField,
        message: "is \(file.kind.name), and nothing says what to do with it; set `prompt` in a job "
          + "file, such as `prompt: Summarise this document.`, or --system"
      )
    }
    var made = prompt(.text(try question(about: file, path)), system: nil, shape)
    made.attachments = [file]
    return made
  }

  private func question(about file: AttachedFile, _ path: String) throws(InputLineError) -> String {
    guard let template else { return "" }
    do throws(InputLineError) {
      return try render(template, .document(text: nil, path: path))
    } catch {
      guard error.message.contains("{{text}}") else { throw error }
      throw InputLineError(
        code: error.code,
        message: "the prompt template names {{text}}, and this is \(file.kind.name), which has "
          + "none and is sent as it is; leave {{text}} out, or write {{#text}}{{text}}{{/text}} where "
          + "there are texts too"
      )
    }
  }

  /// - Throws: an ``InputLineError`` where those of the line cannot be sent.
  private func parameters(
    of fields: InputLine.PlainFields,
    in line: Span<UInt8>
  ) throws(InputLineError) -> Parameters {
    guard let own = fields.params, !ignoredFields.contains("params") else {
      return parameters.usual
    }
    do throws(ParameterError) {
      return try parameters.with(own, of: line)
    } catch {
      throw fault("params: \(error.message)")
    }
  }

  /// What a line asks for: a native body as it stands, or a prompt, whose own text is copied as it
  /// stands.
  ///
  /// - Parameters:
  ///   - source: what was found in the line.
  ///   - line: its bytes.
  ///   - shape: what was told of it before.
  /// - Throws: an ``InputLineError`` that fails the job.
  package func payload(
    of source: InputLine.Shape,
    in line: ArraySlice<UInt8>,
    _ shape: RequestShape
  ) throws(InputLineError) -> Payload {
    switch source {
    case .native(let request):
      .native(path: request.url?.string(in: line.span), body: line[offset: request.body])
    case .plain(let fields): .prompt(try prompt(fields, of: line, shape))
    }
  }

  private func prompt(
    _ fields: InputLine.PlainFields,
    of line: ArraySlice<UInt8>,
    _ shape: RequestShape
  ) throws(InputLineError) -> Prompt {
    let system = fields.system.map { BodyText.json(line[offset: $0.range]) }
    let parameters = try parameters(of: fields, in: line.span)
    if let template {
      let text = try render(template, .line(try members(of: line)))
      return prompt(.text(text), system: system, shape, parameters)
    }
    guard let text = fields.prompt?.range else { throw fault("has no prompt") }
    return prompt(.json(line[offset: text]), system: system, shape, parameters)
  }

  private func prompt(
    _ text: BodyText,
    system: BodyText?,
    _ shape: RequestShape,
    _ parameters: Parameters? = nil
  ) -> Prompt {
    Prompt(
      text: text,
      system: system ?? self.system.map(BodyText.text),
      model: shape.model,
      maxTokens: shape.maxTokens,
      parameters: parameters ?? self.parameters.usual
    )
  }

  private func members(of line: ArraySlice<UInt8>) throws(InputLineError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: Array(line))
    } catch {
      throw fault(error.description)
    }
  }

  private func render(
    _ template: PromptTemplate,
    _ fields: TemplateFields
  ) throws(InputLineError) -> String {
    let text: String
    do throws(PromptTemplateError) {
      text = try template.render(fields)
    } catch {
      guard error.isMissingField else { throw fault(error.message) }
      throw InputLineError(code: Refusal.missingField, message: error.message)
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw InputLineError(
        code: Refusal.missingField,
        message: "the prompt template makes nothing but white space of this job"
      )
    }
    return text
  }

  private func fault(_ message: String) -> InputLineError {
    InputLineError(message: message, id: nil)
  }
}

extension ArraySlice<UInt8> {
  /// The bytes at these offsets from the first.
  fileprivate subscript(offset range: Range<Int>) -> ArraySlice<UInt8> {
    self[startIndex + range.lowerBound..<startIndex + range.upperBound]
  }
}
