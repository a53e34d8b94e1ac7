/// Which models an account serves, and under which names.
package struct ModelMap: Sendable, Equatable {
  /// Stands for every model that is not named, and for the name it already has.
  package static let others = "*"

  /// The name at the account by the name in the request.
  private let names: [String: String]

  /// Serves every model under its own name.
  package init() {
    names = [Self.others: Self.others]
  }

  /// Serves exactly these models; ``others`` may be among them, on either side.
  ///
  /// - Parameter names: the name at the account by the name in a request.
  package init(_ names: [String: String]) {
    self.names = names
  }

  /// What a model is called at the account; nil if it does not serve it.
  ///
  /// A request that names no model is served everywhere as it is.
  package func name(for model: String) -> String? {
    if model.isEmpty { return model }
    guard let name = names[model] ?? names[Self.others] else { return nil }
    return name == Self.others ? model : name
  }

  /// Whether jobs for a model may go to the account.
  package func serves(_ model: String) -> Bool { name(for: model) != nil }

  /// The body as the account wants it: the model's name replaced, every other byte as it was.
  ///
  /// - Parameters:
  ///   - body: the body of a request.
  ///   - shape: what was read from this body.
  package func body(_ body: ArraySlice<UInt8>, _ shape: RequestShape) -> ArraySlice<UInt8> {
    guard let range = shape.modelRange, let name = name(for: shape.model), name != shape.model
    else { return body }
    var mapped: [UInt8] = []
    mapped.reserveCapacity(body.count + name.utf8.count)
    mapped += body.prefix(range.lowerBound)
    mapped.appendJSON(name)
    mapped += body.dropFirst(range.upperBound)
    return mapped[...]
  }
}
