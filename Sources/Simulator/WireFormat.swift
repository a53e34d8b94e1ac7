/// Why a request is refused; each wire format says it in its provider's words.
enum Refusal: Error, Equatable {
  case missingKey
  case wrongKey(String)
  case unknownPath(String)
  case bodyTooLarge
  case unreadableBody
  case missingField(String)
  /// A number that must be 1 or more.
  case belowOne(String)
  case unsupportedStreaming
  case unknownModel(String)
  /// A prompt that the provider will never take.
  case unacceptablePrompt
  case limitExceeded(LimitExceeded)
  /// A 429 out of the blue.
  case rateLimitFault
  /// Nothing passes for so long.
  case held(Duration)
  /// The rate of requests rises too fast.
  case acceleration
  /// Nothing passes until further notice.
  case terminal(TerminalRefusal, regainsAccess: String)
  case serverError
  case overloaded
}

/// A provider's own way to ask, to answer and to refuse.
protocol WireFormat: Sendable {
  /// Whether refused and failed requests count towards the requests per minute.
  var countsRefusals: Bool { get }
  /// The key that the request presents.
  func key(in request: ProviderRequest) -> String?
  /// The first required field or header that is missing.
  func missingField(in fields: RequestFields, of request: ProviderRequest) -> String?
  /// What an answer will cost, as the provider counts unless the account is told otherwise.
  func bill(for answer: Answer, maxTokens: Int?, model: ChargeModel?) -> Bill
  /// The input tokens and the cached ones as the usage reports them.
  func reportedInput(of answer: Answer) -> (tokens: Int, cached: Int)
  /// The body of a good answer.
  func body(of answer: Answer) -> JSON
  /// The list of models.
  func models(_ names: [String]) -> JSON
  /// The status and body of a refusal.
  func refuse(_ refusal: Refusal, requestID: String) -> (status: Int, body: JSON)
  /// The headers that every answer and refusal carries, but for those of limits.
  func headers(requestID: String, processing: Duration, organisation: String?) -> [Header]
  /// The headers that tell how the account's limits stand.
  func limitHeaders(of account: Account, clock: WallClock, at now: Duration) -> [Header]
}

/// A header field of a reply.
package struct Header: Equatable, Sendable {
  /// The name, in lower case.
  package let name: String
  /// The value.
  package let value: String

  init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// What a good answer is made of.
struct Answer: Sendable {
  let endpoint: Endpoint
  /// The number of the request, from which all identifiers of the answer are made.
  let number: Int
  let model: String
  /// What the request asks for, and gets.
  let tier: String?
  let prompts: [String]
  let rehearsals: [Rehearsal]
  /// The length of embedding vectors.
  let dimensions: Int
  /// Input tokens, cached ones too.
  let inputTokens: Int
  /// Input tokens that the provider had in its cache.
  let cachedTokens: Int
  /// Seconds since 1970 at which the answer was created.
  let created: Int

  init(
    endpoint: Endpoint,
    number: Int,
    fields: RequestFields,
    outputTokens: ClosedRange<Int>,
    cachedShare: Double,
    created: Int
  ) {
    self.endpoint = endpoint
    self.number = number
    self.created = created
    model = fields.model ?? ""
    tier = fields.service_tier
    dimensions = fields.dimensions ?? 8
    prompts = fields.prompts
    rehearsals = fields.prompts.map {
      Rehearsal(prompt: $0, outputTokens: outputTokens, maxTokens: fields.maxTokens)
    }
    inputTokens = rehearsals.reduce(fields.attachedTokens) { $0 + $1.inputTokens }
    cachedTokens = Int(Double(inputTokens) * cachedShare)
  }

  var outputTokens: Int {
    endpoint == .embeddings ? 0 : rehearsals.reduce(0) { $0 + $1.outputTokens }
  }
}

/// An identifier such as `msg_000000000000002a`.
func identifier(_ prefix: String, _ number: Int) -> String {
  prefix + hexadecimal(UInt64(number))
}
