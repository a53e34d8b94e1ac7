import JSON

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
  /// The tier that it asks for; nil for the usual one.
  package let tier: ServiceTier?
  /// What of it are PDFs and images that were put into it here; nil for none.
  package var attached: AttachedShape?

  /// The bytes that are text.
  package var textBytes: Int { bytes - (attached?.base64 ?? 0) }

  package init(
    model: String = "",
    modelRange: Range<Int>? = nil,
    maxTokens: Int? = nil,
    bytes: Int = 0,
    tier: ServiceTier? = nil
  ) {
    self.tier = tier
    self.model = model
    self.modelRange = modelRange
    self.maxTokens = maxTokens
    self.bytes = bytes
  }

  /// The same with files beside its text.
  func attaching(_ attached: AttachedShape?) -> RequestShape {
    guard let attached else { return self }
    var shape = RequestShape(
      model: model,
      modelRange: modelRange,
      maxTokens: maxTokens,
      bytes: bytes + attached.base64,
      tier: tier
    )
    shape.attached = attached
    return shape
  }

  /// - Parameters:
  ///   - fields: what was noted of the body while its text was read.
  ///   - body: where the body stands in `text`.
  init(_ fields: RequestFields, body: Range<Int>, in text: Span<UInt8>) {
    let model = fields.model?.string(in: text)
    let range = fields.model.map { token in
      token.range.lowerBound - body.lowerBound..<token.range.upperBound - body.lowerBound
    }
    self.init(
      model: model ?? "",
      modelRange: model == nil ? nil : range,
      maxTokens: fields.maxTokens.flatMap { $0 > 0 ? $0 : nil },
      bytes: body.count,
      tier: ServiceTier(fields.tier?.string(in: text))
    )
  }

  /// The shape of a request that was built of a prompt: the model that its path names counts before
  /// one in its body.
  ///
  /// - Parameters:
  ///   - maxTokens: the limit that the prompt has set.
  ///   - tier: what the prompt's parameters ask for.
  package init(
    of request: ProviderRequest,
    maxTokens: Int? = nil,
    tier: ServiceTier? = nil
  ) {
    guard let model = request.pathModel else {
      self.init(built: request.body, maxTokens: maxTokens, tier: tier)
      return
    }
    self.init(model: model.name, maxTokens: maxTokens, bytes: request.body.count, tier: tier)
  }

  /// Reads a body; of one that is no JSON object only its size is known.
  package init(reading body: ArraySlice<UInt8>) {
    var fields = RequestFields()
    let text = body.span
    if var members = JSONMembers(ofWhole: text) {
      while let member = try? members.next(in: text) { fields.note(member, in: text) }
    }
    self.init(fields, body: 0..<body.count, in: text)
  }

  /// The shape of a body that was built of a prompt, which is read only as far as the model, its
  /// first member.
  ///
  /// - Parameters:
  ///   - maxTokens: the limit that the prompt has set.
  ///   - tier: what the prompt's parameters ask for.
  private init(built body: ArraySlice<UInt8>, maxTokens: Int?, tier: ServiceTier?) {
    let text = body.span
    var members = JSONMembers(ofWhole: text)
    let first = try? members?.next(in: text)
    guard let first, first.key.isString("model", in: text) else {
      self.init(reading: body)
      return
    }
    self.init(
      model: first.value.string(in: text) ?? "",
      modelRange: first.value.range,
      maxTokens: maxTokens,
      bytes: body.count,
      tier: tier
    )
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

/// The members of a body that its shape is made of.
struct RequestFields: Sendable, Equatable {
  private(set) var model: JSONToken?
  private(set) var maxTokens: Int?
  private(set) var tier: JSONToken?

  /// The names under which providers take the limit of an answer.
  private static let limitNames = ["max_tokens", "max_completion_tokens", "max_output_tokens"]

  /// Looks at one member of the body.
  mutating func note(_ member: JSONMember, in text: Span<UInt8>) {
    if member.key.isString("model", in: text) {
      model = member.value
    } else if member.key.isString("service_tier", in: text) {
      tier = member.value
    } else if Self.limitNames.contains(where: { member.key.isString($0, in: text) }) {
      // Of several that differ, the provider may go by any.
      guard let most = member.value.integer(in: text) else { return }
      maxTokens = max(most, maxTokens ?? most)
    }
  }
}
