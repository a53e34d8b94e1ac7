/// What a request's body says that matters for its pace, its price and its way.
package struct RequestShape: Sendable, Equatable {
  /// The model that it names; empty where it names none.
  package let model: String
  /// Where the model's value stands in the body, quotes included, as offsets from its first byte.
  package let modelRange: Range<Int>?
  /// The most tokens that its answer may have; nil where it sets no limit.
  package let maxTokens: Int?
  /// How many bytes the body has.
  package let bytes: Int

  /// The names under which providers take the limit of an answer.
  private static let limitNames = ["max_tokens", "max_completion_tokens", "max_output_tokens"]

  package init(model: String = "", maxTokens: Int? = nil, bytes: Int = 0) {
    self.model = model
    modelRange = nil
    self.maxTokens = maxTokens
    self.bytes = bytes
  }

  /// Reads a request; the model that its path names counts before one in its body.
  package init(of request: ProviderRequest) {
    let read = RequestShape(reading: request.body)
    self = request.pathModel.map { RequestShape(read, model: $0.name) } ?? read
  }

  private init(_ other: RequestShape, model: String) {
    self.init(model: model, maxTokens: other.maxTokens, bytes: other.bytes)
  }

  /// Reads a body; of one that is no JSON object only its size is known.
  package init(reading body: ArraySlice<UInt8>) {
    var model: (text: String, range: Range<Int>)?
    var maxTokens: Int?
    let text = body.span
    if var members = JSONMembers(ofWhole: text) {
      while let member = try? members.next(in: text) {
        if member.key.isString("model", in: text) {
          model = member.value.string(in: text).map { ($0, member.value.range) }
        } else if Self.limitNames.contains(where: { member.key.isString($0, in: text) }) {
          // Of several that differ, the provider may go by any.
          if let most = member.value.integer(in: text) { maxTokens = max(most, maxTokens ?? most) }
        }
      }
    }
    self.model = model?.text ?? ""
    modelRange = model?.range
    self.maxTokens = maxTokens.flatMap { $0 > 0 ? $0 : nil }
    bytes = body.count
  }

  /// The body that this was read from, with another model's name in it and every other byte as it
  /// was.
  func naming(_ model: String, in body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let range = modelRange else { return body }
    var renamed: [UInt8] = []
    renamed.reserveCapacity(body.count + model.utf8.count)
    renamed += body.prefix(range.lowerBound)
    renamed.appendJSON(model)
    renamed += body.dropFirst(range.upperBound)
    return renamed[...]
  }
}
