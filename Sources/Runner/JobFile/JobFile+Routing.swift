import Yams

extension JobFile {
  /// Where data may go.
  static func regions(_ fields: YAMLFields) throws(JobFileError) -> AllowedRegions {
    guard let node = fields["regions"] else { return .all }
    let names = try fields.strings("regions").map(\.text)
    guard !names.isEmpty else {
      throw fields.error("`regions` is an empty list; nothing could be sent anywhere", at: node)
    }
    return AllowedRegions(names)
  }

  /// The endpoints that a field lists, without those in regions that are not allowed.
  ///
  /// - Parameters:
  ///   - account: its name and where it stands, for messages.
  ///   - routes: the names of the routes that there are.
  static func endpoints(
    _ fields: YAMLFields,
    _ name: String,
    of account: (name: String, node: Node?),
    in regions: AllowedRegions,
    by routes: [String],
    _ paths: PathBase
  ) throws(JobFileError) -> [Endpoint] {
    var listed: [Endpoint] = []
    for node in try fields.list(name) {
      let endpoint = try endpoint(node, name, fields, by: routes, paths)
      guard endpoint.region != nil || !regions.isLimited else {
        throw fields.error(
          "`regions` is set and this endpoint names no region; "
            + "write it as {url: \(endpoint), region: …}",
          at: node
        )
      }
      listed.append(endpoint)
    }
    let allowed = listed.filter(regions.allows)
    guard !regions.isLimited || !allowed.isEmpty else {
      let elsewhere = Set(listed.compactMap(\.region)).sorted().joined(separator: ", ")
      throw fields.error(
        "`regions` allows only \(regions.list), and account `\(account.name)` "
          + (listed.isEmpty ? "lists no endpoint" : "has endpoints only in \(elsewhere)"),
        at: fields[name] ?? account.node
      )
    }
    return allowed
  }

  /// A base URL, or one with its region.
  private static func endpoint(
    _ node: Node,
    _ name: String,
    _ fields: YAMLFields,
    by routes: [String],
    _ paths: PathBase
  ) throws(JobFileError) -> Endpoint {
    var text = node.scalar?.string
    var region: String?
    var reach = Reach()
    if node.mapping != nil {
      let endpoint = try YAMLFields(
        node,
        known: ["url", "region"] + reachNames,
        of: "an endpoint",
        in: fields.file
      )
      text = try endpoint.string("url")
      region = try endpoint.string("region")
      reach = try self.reach(endpoint, node, among: routes, paths)
      if text == nil { throw fields.error("this endpoint has no `url`", at: node) }
    }
    guard let text, node.null == nil else {
      throw fields.error("`\(name)` must be a base URL, or {url: …, region: …}", at: node)
    }
    do throws(EndpointError) {
      var endpoint = try Endpoint(text, region: region)
      endpoint.reach = reach
      return endpoint
    } catch {
      throw fields.error(error.message, at: node)
    }
  }

  /// A list of the models that an account serves, or their names there by the names in requests.
  static func models(_ fields: YAMLFields) throws(JobFileError) -> ModelMap {
    guard let node = fields["models"] else { return ModelMap() }
    var names: [String: String] = [:]
    if let mapping = node.mapping {
      for (key, value) in mapping {
        guard let name = key.scalar?.string, let there = value.scalar?.string, value.null == nil
        else {
          throw fields.error("`models` must give each model one name, like `a: b`", at: key)
        }
        names[name] = there
      }
    } else {
      for (name, _) in try fields.strings("models") { names[name] = name }
    }
    guard !names.isEmpty, !names.keys.contains(""), !names.values.contains("") else {
      throw fields.error(
        "`models` names no model; list those that the account serves, or leave it out",
        at: node
      )
    }
    return ModelMap(names)
  }
}
