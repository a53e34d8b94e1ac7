package import Jobs

/// A job as it will be sent.
struct PreparedJob: Sendable {
  let id: String
  /// What stands for the job in the file of failed jobs.
  let line: ArraySlice<UInt8>
  let request: ProviderRequest
  /// What the request says that its pace, its price and its way depend on.
  let shape: RequestShape

  init(id: String, line: ArraySlice<UInt8>, request: ProviderRequest) {
    self.id = id
    self.line = line
    self.request = request
    shape = RequestShape(of: request)
  }
}

/// A job that can never be sent, with the line that stands for it among the failed.
struct UnusableJob: Error {
  let id: String
  let line: ArraySlice<UInt8>
  let refusal: Refusal
}

/// Makes requests out of lines and documents.
package struct JobPreparer: Sendable {
  private let provider: any Provider
  private let settings: PromptSettings
  private let documents: DocumentFolder?
  /// The input as messages name it.
  private let inputName: String

  /// - Parameter documents: where the documents lie, when lines name documents.
  package init(
    provider: any Provider,
    settings: PromptSettings,
    documents: DocumentFolder?,
    inputName: String
  ) {
    self.provider = provider
    self.settings = settings
    self.documents = documents
    self.inputName = inputName
  }

  /// Builds the request of a job.
  ///
  /// - Throws: ``UnusableJob`` with a message that names the place of the mistake.
  func prepare(_ job: Job) async throws(UnusableJob) -> PreparedJob {
    if let documents { return try await document(job, in: documents) }
    var id = "line-\(job.lineNumber)"
    do {
      let line = try InputLine.parse(job.line.span)
      id = line.id
      let request = try provider.request(for: line.payload(of: job.line, with: settings))
      return PreparedJob(id: id, line: job.line, request: request)
    } catch let error as InputLineError {
      throw unusable(job, id: error.id ?? id, line: job.line, "malformed_line", error.message)
    } catch let error as ProviderError {
      throw unusable(job, id: id, line: job.line, "invalid_job", error.message)
    } catch {
      throw unusable(job, id: id, line: job.line, "invalid_job", "\(error)")
    }
  }

  private func document(
    _ job: Job,
    in documents: DocumentFolder
  ) async throws(UnusableJob) -> PreparedJob {
    let path = Self.documentPath(job.line)
    var line = ResultLine.document(path: path, text: nil)
    do {
      let text = try await documents.text(of: path)
      line = ResultLine.document(path: path, text: text)
      let prompt = try settings.prompt(document: text, path: path)
      let request = try provider.request(for: .prompt(prompt))
      return PreparedJob(id: path, line: line[...], request: request)
    } catch let error as DocumentError {
      let refusal = Refusal(
        status: nil,
        code: "unreadable_document",
        message: "\(inputName)/\(path): \(error.message)"
      )
      throw UnusableJob(id: path, line: line[...], refusal: refusal)
    } catch {
      let refusal = Refusal(
        status: nil,
        code: "invalid_job",
        message: "\(inputName)/\(path): \(error)"
      )
      throw UnusableJob(id: path, line: line[...], refusal: refusal)
    }
  }

  private func unusable(
    _ job: Job,
    id: String,
    line: ArraySlice<UInt8>,
    _ code: String,
    _ message: String
  ) -> UnusableJob {
    let refusal = Refusal(
      status: nil,
      code: code,
      message: "\(inputName):\(job.lineNumber): \(message)"
    )
    return UnusableJob(id: id, line: line, refusal: refusal)
  }

  /// The path that a line of a folder's listing names.
  static func documentPath(_ line: ArraySlice<UInt8>) -> String {
    guard let token = try? JSONScanner.wholeValue(in: line.span) else { return "" }
    return token.string(in: line.span) ?? ""
  }
}
