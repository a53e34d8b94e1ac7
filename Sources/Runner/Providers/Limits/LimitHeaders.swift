package import Transport

/// What a response's header says about its account's limits.
///
/// Reads Anthropic's, OpenAI's and Azure's fields, the IETF draft's in its forms
/// (draft-ietf-httpapi-ratelimit-headers) and the plain `x-ratelimit-…`. Where a response has
/// several, the first of these that says anything is believed: the others are a gateway's
/// translations. What makes no sense is taken as not said.
///
/// - Parameters:
///   - response: any response, of any status.
///   - unixTime: when it arrived, in seconds since 1970, against which moments are read.
/// - Returns: a standing for each meter that the header mentions.
package func limitSighting(in response: HTTPResponse, at unixTime: Double) -> LimitSighting {
  var headers = LimitHeaders()
  response.forEachHeader { name, value in headers.note(name, value, at: unixTime) }
  return headers.sighting
}

/// The fields about limits in one header, by family.
private struct LimitHeaders {
  private var anthropic = Metered(repeating: LimitReading())
  private var anthropicTier = Metered(repeating: LimitReading())
  private var openAI = Metered(repeating: LimitReading())
  private var projectTokens = LimitReading()
  private var plain = LimitReading()
  private var draft = RateLimitDraft()
  private var isEmpty = true

  mutating func note(_ name: Span<UInt8>, _ value: Span<UInt8>, at unixTime: Double) {
    if let field = LimitField(name) {
      isEmpty = false
      note(field, value, at: unixTime)
    } else if draft.note(name, value) {
      isEmpty = false
    }
  }

  private mutating func note(_ field: LimitField, _ value: Span<UInt8>, at unixTime: Double) {
    let isReset = field.part == .reset
    switch field.family {
    case .anthropic, .anthropicTier:
      let number =
        isReset ? LimitValue.moment(value).map { $0 - unixTime } : LimitValue.number(value)
      if field.family == .anthropic {
        anthropic[field.meter].note(number, as: field.part)
      } else {
        anthropicTier[field.meter].note(number, as: field.part)
      }
    case .openAI:
      openAI[field.meter].note(LimitValue.duration(value), as: field.part)
    case .openAIProject:
      projectTokens.note(LimitValue.duration(value), as: field.part)
    case .plain:
      var number = LimitValue.number(value)
      // GitHub and its followers give the moment in seconds since 1970.
      if isReset, let moment = number, moment > 1e9 { number = moment - unixTime }
      plain.note(number, as: field.part)
    }
  }

  var sighting: LimitSighting {
    if isEmpty { return .nothing }
    for family in [anthropicSighting, openAISighting, draft.sighting] where family != .nothing {
      return family
    }
    var sighting = LimitSighting.nothing
    sighting.requests = plain.standing()
    return sighting
  }

  /// `…-tokens-…` repeats the tightest of the limits on tokens, so it counts only where these are
  /// missing; counts of tokens are rounded to thousands.
  private var anthropicSighting: LimitSighting {
    var sighting = LimitSighting.nothing
    sighting.requests = anthropic.requests.standing() ?? anthropicTier.requests.standing()
    for meter in [Meter.inputTokens, .outputTokens] {
      sighting[meter] =
        anthropic[meter].standing(granularity: 1_000)
        ?? anthropicTier[meter].standing(granularity: 1_000)
    }
    if sighting.inputTokens == nil, sighting.outputTokens == nil {
      sighting.tokens = anthropic.tokens.standing(granularity: 1_000)
    }
    return sighting
  }

  /// Of the limits on tokens of the organisation and of the project the tighter one counts.
  private var openAISighting: LimitSighting {
    var sighting = LimitSighting.nothing
    sighting.requests = openAI.requests.standing()
    sighting.tokens = openAI.tokens.standing()
    if let project = projectTokens.standing(),
      sighting.tokens.map(project.isTighter) ?? true
    {
      sighting.tokens = project
    }
    return sighting
  }
}
