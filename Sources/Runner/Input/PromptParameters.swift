import JSON

/// What settings say of the parameters of every plain prompt, and how those of a line meet them.
package struct PromptParameters: Sendable {
  private let places: [String: ParameterPlace]
  /// From the job file; a line's own go before them.
  private let defaults: Parameters
  /// From flags, which go before those of lines.
  private let overrides: Parameters
  /// Those of a prompt that brings none.
  package let usual: Parameters

  /// - Parameter places: of the short names, at the provider.
  package init(
    at places: [String: ParameterPlace] = [:],
    defaults: Parameters = Parameters(),
    overrides: Parameters = Parameters()
  ) {
    self.places = places
    self.defaults = defaults
    self.overrides = overrides
    usual = defaults.overridden(by: overrides)
  }

  package var isEmpty: Bool { defaults.isEmpty && overrides.isEmpty }

  /// The parameters of a prompt whose line brings some.
  ///
  /// - Throws: a ``ParameterError`` for those that cannot be sent.
  func with(_ own: JSONToken, of line: Span<UInt8>) throws(ParameterError) -> Parameters {
    guard let members = try? own.members(in: line) else {
      throw ParameterError("params is not an object")
    }
    var stated: [Parameter] = []
    for (name, value) in members {
      stated.append(try Parameter(name, json: value.source(in: line)))
    }
    let parameters = try Parameters(stated, at: places)
    guard parameters.header == nil else {
      throw ParameterError(
        "a version of the API is one for the whole run; it is `params` in the job file, or --param"
      )
    }
    return defaults.overridden(by: parameters).overridden(by: overrides)
  }

  /// What a batch remembers: a line's own may hide what the job file says, but not what a flag says.
  package var settings: [(name: String, json: String)] {
    let hidden = Set(overrides.list.map(\.name))
    return defaults.list.filter { !hidden.contains($0.name) }.map { ("params.\($0.name)", $0.json) }
      + overrides.list.map { ("--param \($0.name)", $0.json) }
  }
}
