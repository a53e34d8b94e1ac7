import JSON

/// What a failed line says of its job.
package struct FailedJob: Sendable {
  /// The job's own id; empty where the line has none.
  package let id: String
  package let refusal: Refusal

  /// Nil for what is no failed line.
  package init?(line: [UInt8]) {
    guard let line = try? JSONValue(parsing: line), let error = line["error"] else { return nil }
    id = (line["custom_id"] ?? line["id"])?.string ?? ""
    refusal = Refusal(
      status: error["status"]?.integer,
      code: error["code"]?.string ?? "",
      message: error["message"]?.string ?? "",
      requestID: error["request_id"]?.string
    )
  }
}
