import JSON
import Jobs
internal import Secrets
import Synchronization
import Transport

/// What is told about a completed job besides the provider's answer.
struct CompletionNote {
  var attempts: Int
  var account: String
  var key: String
  var fingerprint: String
  var endpoint: String
  /// The name of the way there; nil for the usual one.
  var route: String?
  var latency: Duration
  /// What the answer says.
  var answer: Completion
  /// How often the key was cut out of it.
  var hiddenKeys = 0
  /// What the answer costs; nil where that is unknown.
  var cost: USD?
}

/// The lines of the output files: OpenAI's batch output shape with a `nightjar` member added.
enum ResultLine {
  /// The line of a completed job.
  ///
  /// Its own `id` is random, and so unlike that of any line in any file; `custom_id` names the job.
  ///
  /// - Parameters:
  ///   - id: the job's own id.
  ///   - body: the answer as JSON, without the key.
  static func completed(
    id: String,
    response: HTTPResponse,
    body: [UInt8],
    requestID: String?,
    note: CompletionNote
  ) -> OutputLine {
    var line: [UInt8] = []
    line.reserveCapacity(512 + (OutputLine.copies(answer: body) ? body.count : 0))
    line.appendRaw("{\"id\":\"job_")
    appendRandomName(to: &line)
    line.appendRaw("\",\"custom_id\":")
    line.appendJSON(id)
    line.appendRaw(",\"response\":{\"status_code\":")
    line.appendJSON(response.status)
    line.appendRaw(",\"request_id\":")
    if let requestID { line.appendJSON(requestID) } else { line.appendRaw("null") }
    line.appendRaw(",\"body\":")
    return OutputLine(line, answer: body, as: .json, owner: response.claim) { line in
      append(note, of: response, to: &line)
    }
  }

  /// What stands behind the answer.
  private static func append(
    _ note: CompletionNote,
    of response: HTTPResponse,
    to line: inout [UInt8]
  ) {
    line.appendRaw("},\"error\":null,\"nightjar\":{\"attempts\":")
    line.appendJSON(note.attempts)
    line.appendRaw(",\"account\":")
    line.appendJSON(note.account)
    line.appendRaw(",\"key\":")
    line.appendJSON(note.key)
    line.appendRaw(",\"key_fingerprint\":")
    line.appendJSON(note.fingerprint)
    line.appendRaw(",\"endpoint\":")
    line.appendJSON(note.endpoint)
    if let route = note.route, route != "direct" {
      line.appendRaw(",\"route\":")
      line.appendJSON(route)
    }
    line.appendRaw(",\"latency_ms\":")
    line.appendJSON(note.latency.milliseconds)
    line.appendRaw(",\"usage\":{\"input_tokens\":")
    line.appendJSON(note.answer.usage.inputTokens)
    line.appendRaw(",\"output_tokens\":")
    line.appendJSON(note.answer.usage.outputTokens)
    line.appendRaw("},\"cost_usd\":")
    line.appendRaw(note.cost?.decimal ?? "null")
    line.appendRaw(",\"finish\":")
    if let finish = note.answer.finish {
      line.appendJSON("\(finish)")
    } else {
      line.appendRaw("null")
    }
    if note.hiddenKeys > 0 { line.appendRaw(",\"redacted\":\(note.hiddenKeys)") }
    if let mended = note.answer.mended {
      append(mended, of: note.hiddenKeys > 0 ? nil : response.body, to: &line)
    }
    line.appendRaw("}}")
  }

  /// Says that `body` is not what came, why, and what came, byte for byte, unless it held the key.
  private static func append(
    _ mended: MendedAnswer,
    of raw: [UInt8]?,
    to line: inout [UInt8]
  ) {
    line.appendRaw(",\"mended\":")
    line.appendJSON(mended.reason)
    guard let raw else { return }
    line.appendRaw(",\"raw_base64\":\"")
    line += Base64.encode(raw, padded: true)
    line.appendRaw("\"")
  }

  /// Where the names of this process begin among all names: random, so that no other's are the same.
  private static let firstName = UInt64.random(in: .min ... .max)
  private static let names = Atomic<UInt64>(0)

  /// Appends 64 bits as sixteen hexadecimal digits, which look random and never come twice: asking the
  /// system for random ones each time costs more than the rest of the line.
  private static func appendRandomName(to line: inout [UInt8]) {
    let number = names.add(1, ordering: .relaxed).newValue
    // SplitMix64: one to one, so that different numbers give different names.
    var bits = firstName &+ number &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    for shift in stride(from: 60, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: bits >> UInt64(shift)) & 15
      line.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
