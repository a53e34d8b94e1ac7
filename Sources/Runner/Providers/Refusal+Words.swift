extension Refusal {
  /// Whether what came with a status of success was not the provider's at all.
  var isNoAnswer: Bool { ["web_page", "no_answer", "empty_answer"].contains(code) }

  /// Whether it is of an answer that came but was cut, or broken off by the provider.
  private var isLostAnswer: Bool {
    status != nil && (code == "truncated" || code.hasPrefix("finish_"))
  }

  /// Status, code and the provider's words, each once.
  package var words: String {
    let isOurs = code.hasPrefix("http_") || (status == nil && !code.contains("_"))
    let head = [status.map { "HTTP \($0)" }, isOurs ? nil : code].compactMap(\.self)
    guard !head.isEmpty, !message.hasPrefix("HTTP ") else { return message }
    return "\(head.joined(separator: " ")): \(message)"
  }

  /// What a refusal of a job is about, as far as it tells what to do next.
  package enum Subject: Sendable {
    /// The model's name.
    case model
    /// The address: nobody serves this path there.
    case address
    /// How long the prompt is.
    case size
    /// What the prompt says.
    case content
    /// Another part of the request.
    case request
    /// The line itself; nothing was sent.
    case line
    /// The document, which has no text that can be sent.
    case document
    /// The template, which names what the job does not have; nothing was sent.
    case template
    /// The answer, which is none that can be used.
    case answer
    /// The provider or the way to it, not the job.
    case service
  }

  /// The code of a job that lacks what the template names, or makes nothing of it.
  static let missingField = "missing_field"

  package var subject: Subject {
    switch code {
    case "unexpected_body", "unreadable_answer", "too_large", "tooLarge": return .answer
    case "context_length_exceeded", "request_too_large", "string_above_max_length": return .size
    case Self.missingField: return .template
    case "model_not_found", "model_not_served": return .model
    case _ where isLostAnswer: return .answer
    case _ where isOfDocument: return .document
    default: break
    }
    let words = message.lowercased()
    // A body may tell another status than the one that it comes with.
    let told = code.hasPrefix("http_") ? Int(code.dropFirst("http_".count)) : nil
    switch told ?? status {
    case nil: return code.contains("_") ? .line : .service
    case 413: return .size
    case let status? where Self.isAboutContent(code, words):
      return status < 500 ? .content : .service
    case 404, 405:
      let isProvidersOwn = !code.hasPrefix("http_") || words.contains("model")
      return isProvidersOwn && words.contains("model") ? .model : .address
    case let status? where status >= 500 || status == 408 || status == 409: return .service
    default:
      if words.contains("context length") || words.contains("too long") { return .size }
      if words.contains("model"), words.contains("exist") { return .model }
      // What claims success and names nothing is not the request's fault.
      let isSuccess = told.map { $0 < 300 } ?? isNoAnswer
      return isSuccess ? .service : .request
    }
  }

  private static func isAboutContent(_ code: String, _ words: String) -> Bool {
    ErrorBody.namesContent(code: code, words: words)
  }

  /// Whether a document itself cannot be used; so say the codes of ``DocumentError``.
  var isOfDocument: Bool { status == nil && code.hasSuffix("_document") }

  private var documentAdvice: String {
    if code == "secret_document" { return "take the file out of the folder; it is never sent" }
    if code == "unsendable_document" {
      return "convert the file, and take the original out of the folder; then `nightjar retry` and "
        + "the same command"
    }
    let change =
      switch code {
      case "empty_document": "write the text into the file"
      case "not_utf8_document": "convert the file to UTF-8 text (iconv, pdftotext and the like)"
      case "large_document": "split the file, or make it smaller"
      default: "make the file readable"
      }
    return "\(change), or take it out of the folder; then `nightjar retry` and the same command"
  }

  /// What to do next, a sentence without its full stop.
  package var advice: String {
    switch subject {
    case .model: "check the model's name: --model, `model` in the job file, or in the line"
    case .address:
      "check --base-url: it ends before /chat/completions, /messages and the like; and --provider"
    case .size: "shorten the prompt, or use a model that takes longer ones"
    case .content: "change or leave out this prompt; the provider refuses it for its content"
    case .request: "correct what the provider names, in the line, the job file or the flags"
    // Of such a line nothing was kept.
    case .line where code == "line_too_long":
      "make the line shorter in the input, and run the same command"
    case .line where code == "malformed_row":
      "correct the row in the table, and run the same command"
    case .line: "correct the line in the file of failed jobs, and run that file"
    case .document: documentAdvice
    case .template: "correct the template, or give the job what it names"
    case .answer:
      "look at `error.answer` in the file of failed jobs; check --base-url and --provider"
    case .service: "try again later with `nightjar retry`"
    }
  }
}
