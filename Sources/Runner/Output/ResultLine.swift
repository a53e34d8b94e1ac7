import JSON
import Jobs
import Transport

/// What is told about a completed job besides the provider's answer.
struct CompletionNote {
  var attempts: Int
  var account: String
  var key: String
  var fingerprint: String
  var endpoint: String
  var latency: Duration
  var usage: Usage
  /// What the answer costs; nil where that is unknown.
  var cost: USD?
}

/// The lines of the output files: OpenAI's batch output shape with a `nightjar` member added.
enum ResultLine {
  /// The line of a completed job.
  ///
  /// Its own `id` is random, and so unlike that of any line in any file; `custom_id` names the job.
  ///
  /// - Parameter id: the job's own id.
  static func completed(
    id: String,
    response: HTTPResponse,
    requestID: String?,
    note: CompletionNote
  ) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(response.body.count + 512)
    line.appendRaw("{\"id\":\"job_\(randomName)\",\"custom_id\":")
    line.appendJSON(id)
    line.appendRaw(",\"response\":{\"status_code\":\(response.status),\"request_id\":")
    if let requestID { line.appendJSON(requestID) } else { line.appendRaw("null") }
    line.appendRaw(",\"body\":")
    appendOnOneLine(response.body, to: &line)
    line.appendRaw("},\"error\":null,\"nightjar\":{\"attempts\":\(note.attempts),\"account\":")
    line.appendJSON(note.account)
    line.appendRaw(",\"key\":")
    line.appendJSON(note.key)
    line.appendRaw(",\"key_fingerprint\":")
    line.appendJSON(note.fingerprint)
    line.appendRaw(",\"endpoint\":")
    line.appendJSON(note.endpoint)
    line.appendRaw(",\"latency_ms\":\(note.latency.milliseconds),\"usage\":{\"input_tokens\":")
    line.appendJSON(note.usage.inputTokens)
    line.appendRaw(",\"output_tokens\":")
    line.appendJSON(note.usage.outputTokens)
    line.appendRaw("},\"cost_usd\":\(note.cost?.decimal ?? "null")}}")
    return line
  }

  /// 64 random bits, as sixteen hexadecimal digits.
  private static var randomName: String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Appends JSON without its line breaks, which can only be white space between its tokens.
  private static func appendOnOneLine(_ json: [UInt8], to line: inout [UInt8]) {
    let breaks: (UInt8) -> Bool = { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    guard json.contains(where: breaks) else {
      line += json
      return
    }
    line += json.lazy.map { breaks($0) ? UInt8(ascii: " ") : $0 }
  }

  /// The line that stands for a document in the file of failed jobs: a plain line that can be run
  /// again, with or without the template.
  static func document(path: String, text: [UInt8]?) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(2 * (text.map { jsonCount(of: $0.span) } ?? 0) + 3 * path.utf8.count + 64)
    line.appendRaw("{\"id\":")
    line.appendJSON(path)
    line.appendRaw(",\"path\":")
    line.appendJSON(path)
    line.appendRaw(",\"name\":")
    line.appendJSON(path.split(separator: "/").last.map(String.init) ?? path)
    if let text {
      for field in [",\"text\":", ",\"prompt\":"] {
        line.appendRaw(field)
        line.appendJSON(utf8: text.span)
      }
    }
    line.append(UInt8(ascii: "}"))
    return line
  }
}
