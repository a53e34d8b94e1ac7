import FoundationEssentials
import Simulator
import Testing

/// A made-up key, as all keys here are.
let rehearsalKey = "sk-rehearsal-0123456789"

/// A request of each API that asks for the same prompt.
enum API: String, CaseIterable {
  case messages = "/v1/messages"
  case chatCompletions = "/v1/chat/completions"
  case responses = "/v1/responses"
  case embeddings = "/v1/embeddings"

  func body(_ prompt: String, maxTokens: Int = 1000) -> String {
    let message = "[{\"role\":\"user\",\"content\":\"\(prompt)\"}]"
    return switch self {
    case .messages, .chatCompletions:
      "{\"model\":\"m\",\"max_tokens\":\(maxTokens),\"messages\":\(message)}"
    case .responses:
      "{\"model\":\"m\",\"max_output_tokens\":\(maxTokens),\"input\":\"\(prompt)\"}"
    case .embeddings:
      "{\"model\":\"m\",\"input\":\"\(prompt)\"}"
    }
  }

  func headers(key: String) -> [String: String] {
    self == .messages
      ? ["x-api-key": key, "anthropic-version": "2023-06-01"]
      : ["authorization": "Bearer \(key)"]
  }

  func request(
    _ prompt: String = "Hello",
    maxTokens: Int = 1000,
    key: String = rehearsalKey
  ) -> ProviderRequest {
    request(body: body(prompt, maxTokens: maxTokens), key: key)
  }

  func request(body: String, key: String = rehearsalKey) -> ProviderRequest {
    ProviderRequest(
      method: "POST",
      path: rawValue,
      headers: headers(key: key),
      body: Data(body.utf8)
    )
  }
}

/// 2025-08-21T12:40:59Z, so that reset times can be read in the tests.
let clock = WallClock(started: 1_755_780_059)

func makeProvider() -> SimulatedProvider {
  SimulatedProvider(SimulatorConfiguration(), clock: clock)
}

func makeProvider(
  _ change: (inout SimulatorConfiguration) throws -> Void
) rethrows -> SimulatedProvider {
  var configuration = SimulatorConfiguration()
  try change(&configuration)
  return SimulatedProvider(configuration, clock: clock)
}

/// A provider whose one account has these settings.
func makeProvider(account settings: String) throws -> SimulatedProvider {
  try makeProvider { $0.defaultAccount = try AccountPlan(parsing: settings) }
}

extension SimulatedProvider {
  /// Obeys an order as it is posted.
  @discardableResult
  mutating func obey(_ path: String, _ body: String, at now: Duration) throws -> String {
    let order = try #require(try Order(path: "/simulator/\(path)", body: Data(body.utf8)))
    return try obey(order, at: now)
  }

  /// Receives a request and answers it at once: status, body and headers.
  mutating func answer(
    _ request: ProviderRequest,
    at now: Duration = .zero
  ) -> (status: Int, body: String, headers: [String: String]) {
    let exchange = receive(request, at: now)
    let fields = finish(exchange, at: now).map { ($0.name, $0.value) }
    let reply = exchange.reply
    return (reply.status, reply.body, Dictionary(fields) { first, _ in first })
  }
}
