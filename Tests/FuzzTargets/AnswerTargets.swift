import JSON
import Jobs
import Runner
import Transport

enum AnswerTargets {
  private static let providers: [(provider: any Provider, path: String)] = [
    (Anthropic(), "/v1/messages"), (OpenAI(), "/chat/completions"),
    (OpenAI(api: .responses), "/responses"), (OpenAI(), "/embeddings"),
  ]
  private static let kinds = ["application/json", "text/event-stream", "text/html", ""]
  private static let statuses = [200, 200, 200, 400, 401, 403, 429, 500, 503, 529]

  /// A result is JSON, or was made JSON; what is kept of another answer can be read.
  static func answer(_ bytes: [UInt8]) -> String? {
    guard let choice = bytes.first.map(Int.init) else { return nil }
    let (provider, path) = providers[choice % providers.count]
    let kind = kinds[choice / 4 % kinds.count]
    let status = statuses[choice / 16 % statuses.count]
    let body = Array(bytes.dropFirst())
    let response = HTTPResponse(status: status, headers: [("content-type", kind)], body: body)
    switch provider.outcome(of: response, path: path, at: 1_800_000_000) {
    case .completed(let completion):
      guard status == 200 else { return "a refusal is a result" }
      let json = completion.mended?.json ?? body
      guard (try? JSONValue(parsing: json)) != nil else { return "a result is no JSON" }
      guard completion.usage.inputTokens >= 0, completion.usage.outputTokens >= 0 else {
        return "fewer than no tokens"
      }
    case .retry(let refusal, _, _), .pace(let refusal, _, _), .park(let refusal, _, _),
      .fail(let refusal):
      let line = InputLine.failedLine([], number: 1, refusal: refusal, body).bytes
      guard (try? JSONValue(parsing: line))?["error"] != nil else {
        return "a failed line is no JSON"
      }
    }
    return nil
  }

  /// The same for what comes as a stream of events.
  static func stream(_ bytes: [UInt8]) -> String? {
    guard let choice = bytes.first else { return nil }
    return answer([choice % 4 + 4] + bytes.dropFirst())
  }

  /// A limit that is believed can be one.
  static func head(_ bytes: [UInt8]) -> String? {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let headers = lines.compactMap { line -> (name: String, value: String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), String(line[line.index(after: colon)...]))
    }
    let response = HTTPResponse(status: 429, headers: headers)
    let sighting = limitSighting(in: response, at: 1_800_000_000)
    for meter in Meter.allCases {
      guard let standing = sighting[meter] else { continue }
      guard standing.limit ?? 1 > 0, standing.remaining ?? 0 >= 0, standing.reset ?? .zero >= .zero,
        standing.window > .zero, standing.granularity > 0
      else { return "\(standing) cannot be" }
    }
    for (provider, path) in providers {
      _ = provider.outcome(of: response, path: path, at: 1_800_000_000)
    }
    return nil
  }
}
