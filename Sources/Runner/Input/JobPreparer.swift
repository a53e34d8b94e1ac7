import JSON
package import Jobs

/// A job as it will be sent.
struct PreparedJob: Sendable {
  let id: String
  let request: ProviderRequest
  /// What the request says that its pace, its price and its way depend on.
  let shape: RequestShape
  /// The hash of its document as it was read; nil where it has none.
  var document: UInt64?
}

extension DocumentError {
  /// A document with a key of the run in it, which is no more sent than a keystore is.
  fileprivate static let secret = DocumentError(
    code: "secret_document",
    message: "holds a key of this run; it is never sent"
  )
}

/// A job that can never be sent.
struct UnusableJob: Error {
  let refusal: Refusal
}

/// Makes requests out of lines and documents.
package struct JobPreparer: Sendable {
  let provider: any Provider
  let settings: PromptSettings
  let documents: DocumentFolder?
  /// Where the files lie that lines name; nil for a queue.
  let files: DocumentFolder?
  /// The input as messages name it.
  private let inputName: String
  let idField: String?

  /// - Parameters:
  ///   - documents: where the documents lie, when lines name documents.
  ///   - files: where the files of lines lie, which have nothing but a prompt where there is none.
  ///   - idField: the member of plain lines that is the id, where it is not `id`.
  package init(
    provider: any Provider,
    settings: PromptSettings,
    documents: DocumentFolder?,
    files: DocumentFolder? = nil,
    inputName: String,
    idField: String? = nil
  ) {
    self.idField = idField
    self.provider = provider
    self.settings = settings
    self.documents = documents
    self.files = files
    self.inputName = inputName
  }

  /// Tells whether some bytes hold a key of the run.
  typealias KeySearch = @Sendable (ArraySlice<UInt8>) -> Bool

  /// Builds the request of a job; a document is read for it.
  ///
  /// - Parameter holdsKey: looks for keys in documents; nil where nothing is sent.
  /// - Throws: ``UnusableJob`` with a message that names the place of the mistake.
  func prepare(
    _ job: Job,
    without holdsKey: KeySearch? = nil
  ) async throws(UnusableJob) -> PreparedJob {
    try await prepare(job.line, job.text, without: holdsKey)
  }

  /// - Parameter text: the line's own.
  func prepare(
    _ job: JobLine,
    _ text: ArraySlice<UInt8>,
    without holdsKey: KeySearch? = nil
  ) async throws(UnusableJob) -> PreparedJob {
    if case .line(let source) = job.source {
      guard job.namesFiles else { return try request(of: job, text) }
      return try await request(of: job, source, text, without: holdsKey)
    }
    if let fault = job.fault { throw UnusableJob(refusal: fault) }
    guard let documents else { return try request(of: job, []) }
    do {
      return try await documents.made(of: job.id) { document in
        let isText = document.kind == .text
        // What is in Base64 nobody finds any more.
        if !isText, holdsKey?(document.bytes[...]) == true { throw DocumentError.secret }
        var prepared =
          try isText
          ? request(of: job, document.bytes[...]) : request(of: job, attaching: document)
        if isText, holdsKey?(prepared.request.body) == true { throw DocumentError.secret }
        prepared.document = document.hash
        return prepared
      }
    } catch let error as UnusableJob {
      throw error
    } catch {
      throw unusable(job, error)
    }
  }

  /// - Throws: ``UnusableJob``, ``DocumentError`` or what the provider says.
  private func request(of job: JobLine, attaching document: DocumentContent) throws -> PreparedJob {
    let file = try attached(document, at: job.id, of: job)
    return try request(of: job, try settings.prompt(attachment: file, path: job.id, job.shape))
  }

  /// Builds the request of a line that names files.
  private func request(
    of job: JobLine,
    _ source: InputLine.Shape,
    _ text: ArraySlice<UInt8>,
    without holdsKey: KeySearch?
  ) async throws(UnusableJob) -> PreparedJob {
    do {
      let paths = try settings.files(of: source, in: text.span)
      guard !paths.isEmpty else { return try request(of: job, text) }
      guard let files else {
        throw InputLineError(
          code: "unsendable_file",
          message: "names files, which a queue cannot keep; give the input to `nightjar run`"
        )
      }
      return try await files.made(of: paths) { path, document in
        if holdsKey?(document.bytes[...]) == true { throw DocumentError.secret }
        return try attached(document, at: path, of: job)
      } whole: { attached in
        guard case .prompt(var prompt) = try settings.payload(of: source, in: text, job.shape)
        else { return try request(of: job, text) }
        prompt.attachments = attached
        return try request(of: job, prompt)
      }
    } catch let error as UnusableJob {
      throw error
    } catch let error as DocumentError {
      let code = error.code.replacing("_document", with: "_file")
      throw UnusableJob(refusal: refusal(code, error.message, of: job))
    } catch {
      throw unusable(job, error)
    }
  }

  /// A file as it goes into a request.
  private func attached(
    _ document: DocumentContent,
    at path: String,
    of job: JobLine
  ) throws(DocumentError) -> AttachedFile {
    guard let rules = provider.attachmentRules(for: job.shape.model) else {
      throw DocumentError(
        code: "unsendable_document",
        message: "is \(document.kind.name), and this API of \(provider.name) takes texts alone"
      )
    }
    let name = DocumentName.last(of: path)
    let file = AttachedFile(document.kind, name: name, bytes: document.bytes)
    try rules.check(file)
    return file
  }

  /// The request of a prompt with attachments, which were checked each.
  private func request(of job: JobLine, _ prompt: Prompt) throws -> PreparedJob {
    let request = try provider.request(for: .prompt(prompt))
    var shape = RequestShape(
      of: request,
      maxTokens: job.shape.maxTokens,
      tier: prompt.parameters.tier
    )
    if let rules = provider.attachmentRules(for: job.shape.model) {
      try rules.check(request: request.body.count)
      let shapes = prompt.attachments.map { rules.shape(of: $0.extent, bytes: $0.bytes.count) }
      shape.attached = AttachedShape.sum(shapes)
    }
    return PreparedJob(id: job.id, request: request, shape: shape)
  }

  /// - Parameter text: of the line, or of the document.
  // Not inlined, so that a slot does not keep room for it while it waits for its answer.
  @inline(never)
  private func request(
    of job: JobLine,
    _ text: ArraySlice<UInt8>
  ) throws(UnusableJob) -> PreparedJob {
    if let fault = job.fault { throw UnusableJob(refusal: fault) }
    do {
      let payload = try payload(of: job, text)
      let request = try provider.request(for: payload)
      let shape =
        switch payload {
        case .native: job.shape
        case .prompt(let prompt):
          RequestShape(
            of: request,
            maxTokens: job.shape.maxTokens,
            tier: prompt.parameters.tier
          )
        }
      return PreparedJob(id: job.id, request: request, shape: shape)
    } catch {
      throw unusable(job, error)
    }
  }

  private func payload(of job: JobLine, _ text: ArraySlice<UInt8>) throws -> Payload {
    if case .line(let source) = job.source {
      return try settings.payload(of: source, in: text, job.shape)
    }
    return .prompt(try settings.prompt(document: Array(text), path: job.id, job.shape))
  }

  @inline(never)
  private func unusable(_ job: JobLine, _ error: any Error) -> UnusableJob {
    switch error {
    case let error as DocumentError:
      UnusableJob(refusal: refusal(error.code, error.message, of: job))
    case let error as InputLineError where documents == nil || error.code == Refusal.missingField:
      UnusableJob(refusal: refusal(error.code, error.message, of: job))
    default:
      UnusableJob(refusal: refusal("invalid_job", "\(error)", of: job))
    }
  }

  /// The line that stands for a job among the failed ones; for it a document is read once more.
  ///
  /// - Parameters:
  ///   - answer: what was paid for and is no result; the line keeps it.
  ///   - claim: of the answer on memory; the line keeps it too.
  func failedLine(
    of job: Job,
    _ refusal: Refusal,
    keeping answer: [UInt8]? = nil,
    under claim: (any Sendable)? = nil
  ) async -> OutputLine {
    await failedLine(of: job.line, job.text, refusal, keeping: answer, under: claim)
  }

  func failedLine(
    of job: JobLine,
    _ text: ArraySlice<UInt8>,
    _ refusal: Refusal,
    keeping answer: [UInt8]? = nil,
    under claim: (any Sendable)? = nil
  ) async -> OutputLine {
    var line = text
    if let documents {
      let kind = await documents.kind(of: job.id)
      let isText = kind == .text && refusal.code != "secret_document"
      let text = isText ? try? await documents.text(of: job.id) : nil
      line = InputLine.document(path: job.id, text: text, attached: kind?.mediaType)[...]
    }
    let found = documents == nil ? try? InputLine.parse(text.span, idField: idField) : nil
    return InputLine.failedLine(
      line,
      number: job.lineNumber,
      id: found?.isUnnamed == true ? job.id : nil,
      refusal: refusal,
      answer,
      under: claim
    )
  }

  private func refusal(_ code: String, _ message: String, of job: JobLine) -> Refusal {
    let place = documents == nil ? ":\(job.lineNumber)" : "/\(job.id)"
    return refusal(code, message, at: place)
  }

  /// - Parameter place: within the input, such as `:12`.
  func refusal(_ code: String, _ message: String, at place: String) -> Refusal {
    Refusal(status: nil, code: code, message: "\(inputName)\(place): \(message)")
  }

  /// The path that a line of a folder's listing names.
  static func documentPath(_ line: ArraySlice<UInt8>) -> String {
    guard let token = try? JSONScanner.wholeValue(in: line.span) else { return "" }
    return token.string(in: line.span) ?? ""
  }
}
