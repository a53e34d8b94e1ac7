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

/// A job that can never be sent.
struct UnusableJob: Error {
  let refusal: Refusal
}

/// Makes requests out of lines and documents.
package struct JobPreparer: Sendable {
  let provider: any Provider
  let settings: PromptSettings
  let documents: DocumentFolder?
  /// The input as messages name it.
  private let inputName: String
  let idField: String?

  /// - Parameters:
  ///   - documents: where the documents lie, when lines name documents.
  ///   - idField: the member of plain lines that is the id, where it is not `id`.
  package init(
    provider: any Provider,
    settings: PromptSettings,
    documents: DocumentFolder?,
    inputName: String,
    idField: String? = nil
  ) {
    self.idField = idField
    self.provider = provider
    self.settings = settings
    self.documents = documents
    self.inputName = inputName
  }

  /// Builds the request of a job; a document is read for it.
  ///
  /// - Throws: ``UnusableJob`` with a message that names the place of the mistake.
  func prepare(_ job: Job) async throws(UnusableJob) -> PreparedJob {
    try await prepare(job.line, job.text)
  }

  /// - Parameter text: the line's own.
  func prepare(_ job: JobLine, _ text: ArraySlice<UInt8>) async throws(UnusableJob) -> PreparedJob {
    if case .line = job.source { return try request(of: job, text) }
    if let fault = job.fault { throw UnusableJob(refusal: fault) }
    let document: (text: [UInt8], hash: UInt64)?
    do {
      document = try await documents?.document(job.id)
    } catch {
      throw unusable(job, error)
    }
    var prepared = try request(of: job, document?.text[...] ?? [])
    prepared.document = document?.hash
    return prepared
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
        if case .native = payload { job.shape } else {
          RequestShape(of: request, maxTokens: job.shape.maxTokens)
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

  /// A document with a key of the run in it, which is no more sent than a keystore is.
  func secret(_ job: Job) -> UnusableJob {
    let words = "holds a key of this run; it is never sent"
    return UnusableJob(refusal: refusal("secret_document", words, of: job.line))
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
      let isSecret = refusal.code == "secret_document"
      let text = isSecret ? nil : try? await documents.text(of: job.id)
      line = InputLine.document(path: job.id, text: text)[...]
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
