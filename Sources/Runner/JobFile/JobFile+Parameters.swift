import JSON
import Yams

extension JobFile {
  /// The provider's own parameters, and where the schema of answers is.
  static func parameters(
    _ fields: YAMLFields,
    _ paths: PathBase
  ) throws(JobFileError) -> (params: [Parameter], schema: String?) {
    let params = try params(fields)
    let schema = try fields.string("schema").map(paths.resolve)
    guard schema == nil || !params.contains(where: { $0.name == "schema" }) else {
      throw fields.error("`schema` stands in `params` too; keep one", at: fields["schema"])
    }
    return (params, schema)
  }

  private static func params(_ fields: YAMLFields) throws(JobFileError) -> [Parameter] {
    guard let node = fields["params"] else { return [] }
    guard let mapping = node.mapping else {
      throw fields.error("`params` must be fields with values, like `temperature: 0.2`", at: node)
    }
    var params: [Parameter] = []
    for (key, value) in mapping {
      var writer = ParameterWriter(fields: fields)
      try writer.append(value)
      do throws(ParameterError) {
        let json = String(decoding: writer.json, as: UTF8.self)
        params.append(try Parameter(key.scalar?.string ?? "", json: json, line: key.mark?.line))
      } catch {
        throw fields.error("`params`: \(error.message)", at: key)
      }
    }
    return params
  }
}

/// Writes YAML as JSON, its numbers as they are written.
private struct ParameterWriter {
  /// Bytes of one parameter: aliases of aliases make much of little.
  private static let most = 1 << 20

  let fields: YAMLFields
  private(set) var json: [UInt8] = []
  private var depth = 0

  init(fields: YAMLFields) { self.fields = fields }

  mutating func append(_ node: Node) throws(JobFileError) {
    guard json.count < Self.most, depth < JSONScanner.depthLimit else {
      throw fields.error("a parameter has more than 1 MiB, or too many levels", at: node)
    }
    depth += 1
    defer { depth -= 1 }
    switch node {
    case .scalar(let scalar): json.appendRaw(try value(of: scalar, node))
    case .sequence(let elements):
      for (place, element) in elements.enumerated() {
        json.appendRaw(place == 0 ? "[" : ",")
        try append(element)
      }
      json.appendRaw(elements.isEmpty ? "[]" : "]")
    case .mapping(let members):
      for (place, member) in members.enumerated() {
        guard let name = member.key.scalar?.string else {
          throw fields.error("the name of a member must be text", at: member.key)
        }
        json.appendRaw(place == 0 ? "{" : ",")
        json.appendJSON(name)
        json.appendRaw(":")
        try append(member.value)
      }
      json.appendRaw(members.isEmpty ? "{}" : "}")
    case .alias: throw fields.error("an alias stands for nothing here", at: node)
    }
  }

  /// Texts are those that YAML takes for texts; of the rest, what is JSON or cannot be meant otherwise.
  private func value(of scalar: Node.Scalar, _ node: Node) throws(JobFileError) -> String {
    if node.null != nil { return "null" }
    let text = scalar.string
    switch node.tag.rawValue {
    case Tag.Name.str.rawValue: return jsonQuoted(text)
    case Tag.Name.bool.rawValue where ["true", "false"].contains(text.lowercased()):
      return text.lowercased()
    default:
      guard let value = Parameter.json(of: text) else {
        throw fields.error(
          "this value can be meant in two ways; write a number or true or false as JSON has it "
            + "(0.5, true), and quote a text",
          at: node
        )
      }
      return value
    }
  }
}
