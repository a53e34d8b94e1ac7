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

  /// The request as the account wants it: the model's name replaced, every other byte as it was.
  ///
  /// - Parameter shape: what was read from this request.
  package func request(_ request: ProviderRequest, _ shape: RequestShape) -> ProviderRequest {
    guard let name = name(for: shape.model), name != shape.model else { return request }
    return request.renamed(to: name, shape)
  }
}
