import JSON
import Jobs

extension InputLine {
  /// Reads a line of an input that was cut into lines.
  ///
  /// - Throws: an ``InputLineError``, also where the line was too long to be kept.
  static func read(
    _ line: LineSplitter.Line,
    idField: String? = nil
  ) throws(InputLineError) -> InputLine {
    guard !line.isOversized else {
      let most = InputSource.longestLine
      throw InputLineError(
        code: "line_too_long",
        message:
          "the line has \(line.length) bytes, and a line may have \(most) (\(most >> 20) MiB"
          + "\(most < InputSource.longestOfAll ? ", as this process may use little memory" : "")); "
          + "split the job into smaller ones, or name images by their addresses"
      )
    }
    return try parse(line.bytes.content.span, idField: idField)
  }

  /// Reads one line, with or without its line ending.
  ///
  /// The whole line is checked to be JSON in UTF-8, so that a native body is sent only if it is
  /// JSON. Of what else a line has the names are kept, except for `error`, which a failed file has.
  ///
  /// - Parameter idField: the member of plain lines that is the id, where it is not `id`.
  /// - Throws: an ``InputLineError`` that says what is wrong with the line.
  package static func parse(
    _ line: Span<UInt8>,
    idField: String? = nil
  ) throws(InputLineError) -> InputLine {
    var fields = Fields(idField: idField)
    do throws(JSONError) {
      try fields.read(line)
    } catch {
      throw wrong(error.description)
    }
    guard fields.isObject else { throw wrong("is JSON, but not an object") }
    if let name = fields.twice { throw wrong("has \(name) twice") }
    try check(model: fields.plain.model)
    try check(model: fields.inBody.model)
    try check(model: fields.inParams.model)
    guard let customID = fields.customID, !fields.isRow else { return try plain(fields, line) }
    let id = try identifier(customID, named: "custom_id", in: line)
    if let params = fields.params, fields.body == nil {
      guard params.kind == .object else { throw wrong("params is not an object", id) }
      let request = NativeRequest(url: nil, body: params.range, fields: fields.inParams)
      return InputLine(id: id, shape: .native(request), others: fields.beside(.params, in: line))
    }
    guard let body = fields.body else {
      throw brokenLine(fields, id, in: line)
        ?? wrong("has a custom_id but neither body and url (OpenAI) nor params (Anthropic)", id)
    }
    guard fields.params == nil else { throw wrong("has both body and params", id) }
    return try openAI(id, body, fields, line)
  }

  private static func check(model: JSONToken?) throws(InputLineError) {
    guard let model, model.range.count - 2 > modelLimit else { return }
    throw wrong("model is longer than \(modelLimit) bytes")
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
    let request = NativeRequest(url: url, body: body.range, fields: fields.inBody)
    return InputLine(id: id, shape: .native(request), others: fields.beside(.body, in: line))
  }

  private static func plain(
    _ fields: Fields,
    _ line: Span<UInt8>
  ) throws(InputLineError) -> InputLine {
    let name = fields.named == nil ? "id" : fields.idField ?? "id"
    var id: String?
    if let token = fields.named ?? fields.id ?? fields.customID {
      id = try identifier(token, named: name, isPlain: true, in: line)
    }
    if let fault = documentFault(fields, id, in: line) { throw fault }
    return InputLine(
      id: id ?? contentID(of: line),
      shape: .plain(fields.plainFields),
      others: fields.isRow ? [] : fields.others(in: line),
      isUnnamed: id == nil
    )
  }

  /// Why a document had no text to put into the failed file, where nobody has added any since.
  private static func documentFault(
    _ fields: Fields,
    _ id: String?,
    in line: Span<UInt8>
  ) -> InputLineError? {
    let others = fields.others(in: line)
    guard let id, fields.plain.prompt == nil, !others.contains("text"),
      let refusal = fields.refusal(in: line), refusal.isOfDocument || others.contains("attached")
    else { return nil }
    let advice = "; a line has no text of its own to take its place, so run the folder again"
    // It may stand there from a run of the file of failed jobs before this one.
    let words = refusal.message.replacing(advice, with: "")
    let reason = words.split(separator: "\(id): ").last ?? ""
    return InputLineError(code: refusal.code, message: "\(id): \(reason)\(advice)", id: id)
  }

  /// Why a line was no job, which the file of failed jobs holds as it was; nil for any other line.
  private static func brokenLine(
    _ fields: Fields,
    _ id: String,
    in line: Span<UInt8>
  ) -> InputLineError? {
    guard fields.others(in: line).contains("raw"), let refusal = fields.refusal(in: line) else {
      return nil
    }
    // Where the line stood is told anew.
    let place = refusal.message.prefixMatch(of: /.*?:[0-9]+:[ ]/)?.range
    let reason = refusal.message[(place?.upperBound ?? refusal.message.startIndex)...]
    return InputLineError(code: refusal.code, message: String(reason), id: id)
  }

  /// The id of a line that has none: 64 bits of the hash of what it holds.
  private static func contentID(of line: Span<UInt8>) -> String {
    let digits = String(JobMark.hash(Array(line.indices.map { line[$0] })[...]), radix: 16)
    return "content-" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The text of an id: a string, or in a plain line the digits of an integer.
  private static func identifier(
    _ token: JSONToken,
    named name: String,
    isPlain: Bool = false,
    in line: Span<UInt8>
  ) throws(InputLineError) -> String {
    let text: String
    switch token.kind {
    case .string: text = token.string(in: line) ?? ""
    case .number where isPlain:
      text = token.source(in: line)
      guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }) else {
        throw wrong("\(name) is a number but not an integer")
      }
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

/// The fields that tell the shapes apart, and what of them goes into a request.
private struct Fields {
  init(idField: String?) { self.idField = idField }

  /// The member that is the id, where it is not `id`.
  let idField: String?
  var isObject = true
  var id: JSONToken?
  var named: JSONToken?
  var customID: JSONToken?
  var method: JSONToken?
  var url: JSONToken?
  var body: JSONToken?
  var params: JSONToken?
  /// What a failed file says of the line's job.
  var error: JSONToken?
  /// Whether the line stands for a row of a table.
  var isRow = false
  var inBody = RequestFields()
  var inParams = RequestFields()
  var plain = InputLine.PlainFields()
  /// A field of a shape that is there twice, which is refused: readers differ on which one counts.
  var twice: String?
  /// The names of fields that no shape has.
  private var unknown: [JSONToken] = []

  /// What a failed file says of the line's job; nil where it says nothing.
  func refusal(in line: Span<UInt8>) -> Refusal? {
    guard let members = try? error?.members(in: line) else { return nil }
    func text(_ name: String) -> String {
      members.first { $0.name == name }?.value.string(in: line) ?? ""
    }
    return Refusal(status: nil, code: text("code"), message: text("message"))
  }

  /// The names of the fields that are not those of a plain line.
  func others(in line: Span<UInt8>) -> [String] {
    let native = [("method", method), ("url", url), ("body", body)]
    return unknown.compactMap { $0.string(in: line) } + native.filter { $0.1 != nil }.map(\.0)
  }

  /// What of a plain line goes into its request.
  var plainFields: InputLine.PlainFields {
    var fields = plain
    fields.params = params?.kind == .null ? nil : params
    return fields
  }

  /// Where a native line has its request.
  enum Request {
    case body
    case params
  }

  /// The names of the fields of a native line that are neither its request nor its id.
  func beside(_ request: Request, in line: Span<UInt8>) -> [String] {
    let ours: [(name: String, value: JSONToken?)] = [
      ("id", id), ("prompt", plain.prompt), ("system", plain.system), ("model", plain.model),
      ("max_tokens", plain.maxTokens), ("files", plain.files),
    ]
    let others = request == .params ? [("method", method), ("url", url)] : []
    return unknown.compactMap { $0.string(in: line) }
      + (ours + others).filter { $0.value != nil }.map(\.name)
  }

  mutating func read(_ line: Span<UInt8>) throws(JSONError) {
    guard var members = JSONMembers(ofWhole: line) else {
      _ = try JSONScanner.wholeValue(in: line)
      isObject = false
      return
    }
    while let name = try members.name(in: line) { try read(name, of: &members, in: line) }
  }

  /// Reads the value of a member, and within it what the request that it may be says of itself.
  private mutating func read(
    _ name: JSONToken,
    of members: inout JSONMembers,
    in line: Span<UInt8>
  ) throws(JSONError) {
    let isBody = name.isString("body", in: line)
    guard isBody || name.isString("params", in: line), var inner = members.inner(in: line) else {
      let value = try members.value(in: line)
      return note(JSONMember(key: name, value: value), in: line)
    }
    var fields = RequestFields()
    while let member = try inner.next(in: line) { fields.note(member, in: line) }
    members.goOn(after: inner)
    if isBody { inBody = fields } else { inParams = fields }
    note(JSONMember(key: name, value: inner.object), in: line)
  }

  private mutating func note(_ member: JSONMember, in line: Span<UInt8>) {
    let isKnown =
      switch member.key.range.count - 2 {
      case 2: keep(member, as: "id", &id, &twice, line)
      case 3: keep(member, as: "url", &url, &twice, line)
      case 4: keep(member, as: "body", &body, &twice, line)
      case 5:
        keep(member, as: "model", &plain.model, line) || keep(member, as: "error", &error, line)
          || keep(member, as: "files", &plain.files, line)
      case 6:
        keep(member, as: "method", &method, &twice, line)
          || keep(member, as: "params", &params, &twice, line)
          || keep(member, as: "prompt", &plain.prompt, line)
          || keep(member, as: "system", &plain.system, line)
      case 8: keepRow(member, line)
      case 9: keep(member, as: "custom_id", &customID, &twice, line)
      case 10: keep(member, as: "max_tokens", &plain.maxTokens, line)
      default: false
      }
    if let idField, keep(member, as: idField, &named, &twice, line) { return }
    if !isKnown { unknown.append(member.key) }
  }

  private mutating func keepRow(_ member: JSONMember, _ line: Span<UInt8>) -> Bool {
    guard member.key.isString("nightjar", in: line), member.value.isString("row", in: line) else {
      return false
    }
    isRow = true
    return true
  }
}

/// Keeps a member of this name, and notes it where it is there twice.
///
/// - Returns: whether the member has this name.
private func keep(
  _ member: JSONMember,
  as name: String,
  _ field: inout JSONToken?,
  _ twice: inout String?,
  _ line: Span<UInt8>
) -> Bool {
  guard member.key.isString(name, in: line) else { return false }
  if field != nil { twice = name }
  field = member.value
  return true
}

/// Keeps the first member of this name, unless it is null.
///
/// - Returns: whether the member has this name.
private func keep(
  _ member: JSONMember,
  as name: String,
  _ field: inout JSONToken?,
  _ line: Span<UInt8>
) -> Bool {
  guard member.key.isString(name, in: line) else { return false }
  if field == nil, member.value.kind != .null { field = member.value }
  return true
}
