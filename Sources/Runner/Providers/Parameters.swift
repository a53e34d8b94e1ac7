import JSON

/// The parameters of a request where its API takes them, ready to be sent; a pure value.
package struct Parameters: Sendable, Equatable {
  private struct Value: Equatable {
    /// As it was stated.
    let name: String
    /// The names that lead to it in the body, from outside in.
    let path: [String]
    let json: String

    /// Whether it takes the place of another, or of what that is in.
    func covers(_ other: Value) -> Bool { other.path.starts(with: path) }
  }

  private var values: [Value] = []
  /// A header field that takes the place of the provider's own of this name.
  package private(set) var header: HeaderField?
  /// The members of the body, with a comma before each.
  package private(set) var members: [UInt8] = []
  /// The tier that they ask for; nil for the usual one.
  package private(set) var tier: ServiceTier?

  /// None.
  package init() {}

  /// - Parameters:
  ///   - stated: by one job file, line or flag.
  ///   - places: of the short names; every other parameter goes into the body as it is.
  /// - Throws: a ``ParameterError`` for one that has no place, or the same as another.
  package init(
    _ stated: [Parameter],
    at places: [String: ParameterPlace]
  ) throws(ParameterError) {
    var names: [[String]: String] = [:]
    for parameter in stated {
      if case .header(let field) = places[parameter.name] {
        header = HeaderField(name: field, value: try Self.version(parameter))
        continue
      }
      for value in try Self.values(of: parameter, at: places) {
        if let other = names.updateValue(value.name, forKey: value.path) {
          throw ParameterError(same: other, value.name, line: parameter.line)
        }
        values.append(value)
      }
    }
    write()
  }

  package var isEmpty: Bool { values.isEmpty && header == nil }

  /// These, where `other` does not say otherwise, and those of `other`.
  package func overridden(by other: Parameters) -> Parameters {
    guard !other.isEmpty else { return self }
    var result = self
    result.values.removeAll { value in other.values.contains { $0.covers(value) } }
    result.values += other.values
    result.header = other.header ?? header
    result.write()
    return result
  }

  private mutating func write() {
    members = Self.members(of: values)
    let stated = values.first { $0.path == ["service_tier"] }
    tier = ServiceTier(stated.flatMap { try? JSONValue(parsing: Array($0.json.utf8)) }?.string)
  }

  /// What each place says, by its name, in the order of the names.
  package var list: [(name: String, json: String)] {
    var list = values.map { (name: $0.path.joined(separator: "."), json: $0.json) }
    if let header { list.append((header.name, jsonQuoted(header.value))) }
    return list.sorted { $0.name < $1.name }
  }

  private static let null = "null"

  private static func values(
    of parameter: Parameter,
    at places: [String: ParameterPlace]
  ) throws(ParameterError) -> [Value] {
    let (name, json) = (parameter.name, parameter.json)
    let value = { (path: [String], json: String) in [Value(name: name, path: path, json: json)] }
    guard let place = places[name] else {
      let isShared = places.values.contains {
        $0.path.map { $0.count > 1 && $0[0] == name } ?? false
      }
      return isShared ? try members(in: parameter) : value([name], json)
    }
    if let path = place.path, json == null { return value(path, json) }
    switch place {
    case .member(let path): return value(path, json)
    case .list(let path): return value(path, json.hasPrefix("[") ? json : "[\(json)]")
    case .schema(let path, let before, let after):
      guard json.hasPrefix("{") else {
        throw mistake(parameter, "must be a JSON schema, an object")
      }
      return value(path, before + json + after)
    case .header: return []
    case .nowhere(let who): throw mistake(parameter, "is nothing that \(who) takes")
    }
  }

  /// Those of an object into which short names lead too, one by one.
  private static func members(in parameter: Parameter) throws(ParameterError) -> [Value] {
    let name = parameter.name
    if parameter.json == null { return [Value(name: name, path: [name], json: null)] }
    guard let members = (try? JSONValue(parsing: Array(parameter.json.utf8)))?.members else {
      throw mistake(parameter, "must be an object")
    }
    return members.map { member in
      Value(name: "\(name).\(member.name)", path: [name, member.name], json: member.value.source)
    }
  }

  /// A date such as 2023-06-01, which is all that such a header field holds.
  private static func version(_ parameter: Parameter) throws(ParameterError) -> String {
    guard let date = parameter.json.wholeMatch(of: /"([0-9]{4}-[0-9]{2}-[0-9]{2})"/)?.1 else {
      throw mistake(parameter, "must be a date, such as \"2023-06-01\"")
    }
    return String(date)
  }

  private static func mistake(_ parameter: Parameter, _ words: String) -> ParameterError {
    ParameterError("\(parameter.shownName) \(words)", line: parameter.line)
  }

  /// What is null is left out.
  private static func members(of values: [Value]) -> [UInt8] {
    let values = values.filter { $0.json != null }
    var text: [UInt8] = []
    var written: Set<String> = []
    for value in values where written.insert(value.path[0]).inserted {
      text.appendRaw(",\(jsonQuoted(value.path[0])):")
      guard value.path.count > 1 else {
        text.appendRaw(value.json)
        continue
      }
      let inner = values.filter { $0.path[0] == value.path[0] }
      let members = inner.map { "\(jsonQuoted($0.path[1])):\($0.json)" }
      text.appendRaw("{\(members.joined(separator: ","))}")
    }
    return text
  }
}
