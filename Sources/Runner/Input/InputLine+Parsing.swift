extension InputLine {
  /// Reads one line, with or without its line ending.
  ///
  /// The whole line is checked to be JSON in UTF-8, so that a native body is sent only if it is
  /// JSON. Fields that the shapes do not name are left alone, `error` of a failed file among them.
  ///
  /// - Throws: an ``InputLineError`` that says what is wrong with the line.
  package static func parse(_ line: Span<UInt8>) throws(InputLineError) -> InputLine {
    let fields = try Fields(of: line)
    guard let customID = fields.customID else { return try plain(fields, line) }
    let id = try identifier(customID, named: "custom_id", in: line)
    if let params = fields.params, fields.body == nil {
      guard params.kind == .object else { throw wrong("params is not an object", id) }
      return InputLine(id: id, shape: .anthropic(params: params.range))
    }
    guard let body = fields.body else {
      throw wrong("has a custom_id but neither body and url (OpenAI) nor params (Anthropic)", id)
    }
    guard fields.params == nil else { throw wrong("has both body and params", id) }
    return try openAI(id, body, fields, line)
  }

  private static func openAI(
    _ id: String,
    _ body: JSONToken,
    _ fields: Fields,
    _ line: Span<UInt8>
  ) throws(InputLineError) -> InputLine {
    guard body.kind == .object else { throw wrong("body is not an object", id) }
    guard let method = fields.method else { throw wrong("has a body but no method", id) }
    guard method.isString("POST", in: line) else { throw wrong("method is not \"POST\"", id) }
    guard let url = fields.url else { throw wrong("has a body but no url", id) }
    guard url.kind == .string else { throw wrong("url is not a string", id) }
    return InputLine(id: id, shape: .openAI(url: url.range, body: body.range))
  }

  private static func plain(
    _ fields: Fields,
    _ line: Span<UInt8>
  ) throws(InputLineError) -> InputLine {
    guard let id = fields.id else {
      throw wrong("has no id: a plain line has id, a batch line custom_id")
    }
    return InputLine(id: try identifier(id, named: "id", in: line), shape: .plain)
  }

  /// The text of an id: a string, or in a plain line the digits of an integer.
  private static func identifier(
    _ token: JSONToken,
    named name: String,
    in line: Span<UInt8>
  ) throws(InputLineError) -> String {
    let text: String
    switch token.kind {
    case .string: text = token.string(in: line) ?? ""
    case .number where name == "id":
      text = token.source(in: line)
      guard Int(text) != nil else { throw wrong("id is a number but not an integer") }
    default: throw wrong("\(name) is not a string")
    }
    guard !text.isEmpty else { throw wrong("\(name) is empty") }
    guard text.utf8.count <= idLimit else {
      throw wrong("\(name) is longer than \(idLimit) bytes")
    }
    return text
  }

  private static func wrong(_ message: String, _ id: String? = nil) -> InputLineError {
    InputLineError(message: message, id: id)
  }
}

/// The fields that tell the shapes apart.
private struct Fields {
  var id: JSONToken?
  var customID: JSONToken?
  var method: JSONToken?
  var url: JSONToken?
  var body: JSONToken?
  var params: JSONToken?

  init(of line: Span<UInt8>) throws(InputLineError) {
    guard var members = JSONMembers(ofWhole: line) else { throw Self.notAnObject(line) }
    while let member = try Self.next(of: &members, in: line) { try note(member, in: line) }
  }

  /// Keeps a member that a shape names; twice is refused, since readers differ on which one counts.
  private mutating func note(
    _ member: JSONMember,
    in line: Span<UInt8>
  ) throws(InputLineError) {
    switch member.key.range.count - 2 {
    case 2: try keep(member, as: "id", in: &id, of: line)
    case 3: try keep(member, as: "url", in: &url, of: line)
    case 4: try keep(member, as: "body", in: &body, of: line)
    case 6:
      try keep(member, as: "method", in: &method, of: line)
      try keep(member, as: "params", in: &params, of: line)
    case 9: try keep(member, as: "custom_id", in: &customID, of: line)
    default: break
    }
  }

  private func keep(
    _ member: JSONMember,
    as name: String,
    in field: inout JSONToken?,
    of line: Span<UInt8>
  ) throws(InputLineError) {
    guard member.key.isString(name, in: line) else { return }
    guard field == nil else { throw InputLineError(message: "has \(name) twice", id: nil) }
    field = member.value
  }

  private static func next(
    of members: inout JSONMembers,
    in line: Span<UInt8>
  ) throws(InputLineError) -> JSONMember? {
    do throws(JSONError) {
      return try members.next(in: line)
    } catch {
      throw InputLineError(message: error.description, id: nil)
    }
  }

  private static func notAnObject(_ line: Span<UInt8>) -> InputLineError {
    do throws(JSONError) {
      _ = try JSONScanner.wholeValue(in: line)
      return InputLineError(message: "is JSON, but not an object", id: nil)
    } catch {
      return InputLineError(message: error.description, id: nil)
    }
  }
}
