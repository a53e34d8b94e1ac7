import JSON
import Jobs
import Runner

enum InputTargets {
  private static let settings = PromptSettings(
    model: "m",
    maxTokens: 9,
    parameters: PromptParameters(at: Anthropic().parameterPlaces)
  )

  /// A line is a job, whose native body stands in it, or fails with a line that can be read.
  static func line(_ bytes: [UInt8]) -> String? {
    let line = bytes[...].prefix { $0 != UInt8(ascii: "\n") }.content
    let failed = InputLine.failedLine(line, number: 7, refusal: refusal("\u{1}\"é")).bytes
    guard let value = try? JSONValue(parsing: failed), value["error"]?["code"] != nil else {
      return "a failed line is no JSON"
    }
    guard !failed.contains(UInt8(ascii: "\n")) else { return "a failed line is two" }
    do {
      let parsed = try InputLine.parse(line.span)
      guard (1...InputLine.idLimit).contains(parsed.id.utf8.count) else { return "an id is none" }
      let shape = try settings.shape(of: parsed, in: line.span)
      let payload = try settings.payload(of: parsed.shape, in: line, shape)
      for provider in [Anthropic() as any Provider, OpenAI()] {
        guard let request = try? provider.request(for: payload) else { continue }
        guard (try? JSONValue(parsing: Array(request.body)))?.kind == .object else {
          return "a body is no object"
        }
      }
    } catch {}
    return nil
  }

  /// A template is refused, or renders the same each time.
  static func template(_ bytes: [UInt8]) -> String? {
    let text = #"{"text":"{{x}}","n":1,"tags":["p",{"q":2}],"meta":{"lang":"sv"}}"#
    guard let line = try? JSONValue(parsing: Array(text.utf8)),
      let template = try? PromptTemplate(String(decoding: bytes, as: UTF8.self))
    else { return nil }
    let prompts = (0..<2).map { _ in try? template.render(.line(line)) }
    return prompts[0] == prompts[1] ? nil : "it renders to two prompts"
  }

  static func refusal(_ message: String) -> Refusal {
    Refusal(status: 400, code: "bad", message: message)
  }
}
