import JSON

/// What a failed line says of its job.
package struct FailedJob: Sendable {
  /// The job's own id, an integer as its digits; where it has none that can be used, `line-` and the
  /// number of its line where its message tells that, else empty.
  package private(set) var id: String
  package let refusal: Refusal

  /// Nil for what is no failed line.
  package init?(line: [UInt8]) {
    guard let line = try? JSONValue(parsing: line), let error = line["error"] else { return nil }
    let message = error["message"]?.string ?? ""
    let place = error["status"] == nil ? Self.line(in: message) : nil
    id = Self.id(line["custom_id"] ?? line["id"]) ?? place ?? ""
    refusal = Refusal(
      status: error["status"]?.integer,
      code: error["code"]?.string ?? "",
      message: message,
      requestID: error["request_id"]?.string
    )
  }

  /// The same, with a name for one that has no id.
  func named(_ name: String) -> FailedJob {
    var job = self
    if id.isEmpty { job.id = name }
    return job
  }

  private static func id(_ value: JSONValue?) -> String? {
    guard let value else { return nil }
    let text = value.kind == .number ? value.source : value.string ?? ""
    return text.isEmpty ? nil : text
  }

  /// The line of a message such as `in.jsonl:12: has no prompt`.
  private static func line(in message: String) -> String? {
    message.firstMatch(of: /:([0-9]+):[ ]/).map { "line-\($0.1)" }
  }
}
