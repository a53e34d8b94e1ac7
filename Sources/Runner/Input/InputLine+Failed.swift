import JSON
package import Jobs
internal import Secrets

extension InputLine {
  /// The line for the failed file: the same object with `error` added, ready to be run again.
  ///
  /// An `error` that the line had from an earlier run is replaced, and one of its own is kept in ours
  /// as `own`; every other member keeps its bytes. A line without an id gets the one that its job has. A line that
  /// is no JSON object becomes one that says where it stood and how it began.
  ///
  /// - Parameters:
  ///   - line: the line as it came, with or without its line ending.
  ///   - number: where it stands in its file, from 1.
  ///   - id: of its job, where the line has none itself.
  ///   - refusal: why its job failed.
  ///   - answer: what was paid for and is no result.
  ///   - claim: of the answer on memory.
  /// - Returns: one line of JSON without a line ending.
  package static func failedLine(
    _ line: ArraySlice<UInt8>,
    number: Int,
    id: String? = nil,
    refusal: Refusal,
    _ answer: [UInt8]? = nil,
    under claim: (any Sendable)? = nil
  ) -> OutputLine {
    var head: [UInt8] = []
    var behind: [UInt8] = []
    head.reserveCapacity(line.count + refusal.message.utf8.count + 128)
    var own: JSONValue?
    do throws(JSONError) {
      let error = try copyMembers(of: line, addingID: id, to: &head)
      own = ownError(try error.map { value throws(JSONError) in try JSONValue(parsing: value) })
    } catch {
      head.removeAll(keepingCapacity: true)
      head.appendRaw("{\"custom_id\":\"line-\(number)\",")
      behind.appendRaw(",\"raw\":")
      behind.appendJSON(quoted(line))
    }
    appendError(refusal, own: own, to: &head)
    guard let answer else { return OutputLine(head + "}".utf8 + behind + "}".utf8) }
    let text = text(of: answer)
    head.appendRaw(text.isAsItCame ? ",\"answer\":\"" : ",\"answer_base64\":\"")
    return OutputLine(head, answer: text.bytes, as: .string, owner: claim) { line in
      line += "\"}".utf8 + behind + "}".utf8
    }
  }

  /// The line's own value of a member `error`; nil where it has none, though a file of failed jobs has
  /// added ours.
  static func ownError(_ error: JSONValue?) -> JSONValue? {
    error?["by"]?.string == writer ? error?["own"] : error
  }

  /// By which our `error` is told from that of a line.
  private static let writer = "nightjar"

  /// What was answered, in Base64 where it is no text.
  private static func text(of answer: [UInt8]) -> (bytes: [UInt8], isAsItCame: Bool) {
    let isText = (try? UTF8Span(validating: answer.span)) != nil
    return isText ? (answer, true) : (Array(Base64.encode(answer, padded: true)), false)
  }

  /// The line that stands for something that can be no line itself; read, it is no job for the reason
  /// that it says.
  ///
  /// - Parameter number: of the line on which it begins, from 1.
  static func broken(_ raw: ArraySlice<UInt8>, number: Int, _ refusal: Refusal) -> [UInt8] {
    var line: [UInt8] = []
    line.appendRaw("{\"custom_id\":\"line-\(number)\",")
    appendError(refusal, own: nil, to: &line)
    line.appendRaw("},\"raw\":")
    line.appendJSON(quoted(raw))
    return line + "}".utf8
  }

  /// How an unreadable line begins.
  private static func quoted(_ line: ArraySlice<UInt8>) -> String {
    String(String(decoding: line.prefix(4 * rawLimit), as: UTF8.self).prefix(rawLimit))
  }

  /// The line that stands for a document in the file of failed jobs: a plain line that can be run
  /// again, with or without the template.
  ///
  /// - Parameter attached: the media type of a file that was sent beside the prompt, which a line has no
  ///   room for.
  static func document(path: String, text: [UInt8]?, attached: String? = nil) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(2 * (text.map { jsonCount(of: $0.span) } ?? 0) + 3 * path.utf8.count + 64)
    line.appendRaw("{\"id\":")
    line.appendJSON(path)
    line.appendRaw(",\"path\":")
    line.appendJSON(path)
    line.appendRaw(",\"name\":")
    line.appendJSON(DocumentName.last(of: path))
    if let text {
      for field in [",\"text\":", ",\"prompt\":"] {
        line.appendRaw(field)
        line.appendJSON(utf8: text.span)
      }
    }
    if let attached {
      line.appendRaw(",\"attached\":")
      line.appendJSON(attached)
    }
    line.append(UInt8(ascii: "}"))
    return line
  }

  /// The most characters of an unreadable line that its failed line repeats.
  private static let rawLimit = 2_000

  /// The line with its id as `id`, for a queue, whose workers know of no other member that is one.
  ///
  /// - Parameter field: the member that was the id; it gives way, as an `id` does that was none.
  static func naming(_ line: ArraySlice<UInt8>, _ id: String, insteadOf field: String?) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(line.count + id.utf8.count + 16)
    do throws(JSONError) {
      try copyMembers(of: line, addingID: id, without: ["id", field ?? "id"], to: &result)
    } catch {
      return Array(line)
    }
    // The comma after the last member.
    result[result.count - 1] = UInt8(ascii: "}")
    return result
  }

  /// Writes `{` and every member but some, a comma after each.
  ///
  /// - Returns: the value of the first that was left out.
  @discardableResult private static func copyMembers(
    of line: ArraySlice<UInt8>,
    addingID id: String?,
    without left: [String] = ["error"],
    to result: inout [UInt8]
  ) throws(JSONError) -> [UInt8]? {
    let text = line.span
    guard var members = JSONMembers(ofWhole: text) else {
      throw JSONError(offset: 0, message: "an object is due")
    }
    result.append(UInt8(ascii: "{"))
    if let id {
      result.appendRaw("\"id\":")
      result.appendJSON(id)
      result.append(UInt8(ascii: ","))
    }
    var first: [UInt8]?
    while let member = try members.next(in: text) {
      guard !left.contains(where: { member.key.isString($0, in: text) }) else {
        first = first ?? Array(member.value.source(in: text).utf8)
        continue
      }
      let start = line.startIndex + member.key.range.lowerBound
      result += line[start..<line.startIndex + member.value.range.upperBound]
      result.append(UInt8(ascii: ","))
    }
    return first
  }

  /// Without the end of the object.
  private static func appendError(
    _ refusal: Refusal,
    own: JSONValue?,
    to result: inout [UInt8]
  ) {
    result.appendRaw("\"error\":{\"by\":")
    result.appendJSON(writer)
    result.appendRaw(",\"code\":")
    result.appendJSON(refusal.code)
    result.appendRaw(",\"message\":")
    result.appendJSON(refusal.message)
    if let status = refusal.status {
      result.appendRaw(",\"status\":\(status)")
    }
    if let requestID = refusal.requestID {
      result.appendRaw(",\"request_id\":")
      result.appendJSON(requestID)
    }
    if let own { result.appendRaw(",\"own\":\(own.source)") }
  }
}
