import Foundation
import JSON
import Runner
import Synchronization
import Transport

/// A client whose answers a test writes; it remembers which jobs were sent, and when.
final class ScriptedClient: HTTPClient {
  /// What the provider is told to do with a request.
  enum Answer: Sendable {
    case reply(HTTPResponse)
    case fail(TransportError)
    /// Never answers; only a cancelled task ends it.
    case hang
  }

  struct Sent: Sendable {
    /// The text of the prompt.
    let prompt: String
    let url: String
    let route: String?
    let at: ContinuousClock.Instant
  }

  private struct State {
    var sent: [Sent] = []
    var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let clock: any RunClock
  private let state = Mutex(State())
  private let answer: @Sendable (Sent, _ earlier: Int) async -> Answer

  /// A client whose answers get the request and how often its prompt was sent before.
  init(
    clock: any RunClock = SystemClock(),
    answer: @escaping @Sendable (Sent, _ earlier: Int) async -> Answer = { sent, _ in
      .completed(sent.prompt)
    }
  ) {
    self.clock = clock
    self.answer = answer
  }

  var sent: [Sent] { state.withLock { $0.sent } }
  var prompts: [String] { sent.map(\.prompt) }

  /// Waits until so many requests were sent.
  func reached(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isReached = state.withLock { state in
        if state.sent.count < count { state.waiting.append((count, continuation)) }
        return state.sent.count >= count
      }
      if isReached { continuation.resume() }
    }
  }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let sent = Sent(
      prompt: Self.prompt(in: request.body),
      url: request.url,
      route: request.route?.name,
      at: clock.now
    )
    let (earlier, reached) = state.withLock { state in
      let earlier = state.sent.count { $0.prompt == sent.prompt }
      state.sent.append(sent)
      let reached = state.waiting.filter { $0.count <= state.sent.count }
      state.waiting.removeAll { $0.count <= state.sent.count }
      return (earlier, reached.map(\.continuation))
    }
    for continuation in reached { continuation.resume() }
    switch await answer(sent, earlier) {
    case .reply(let response): return response
    case .fail(let error): throw error
    case .hang:
      await untilCancelled()
      throw TransportError(.cancelled, "the transfer was cut off", requestMayHaveLeft: true)
    }
  }

  private func untilCancelled() async {
    let never = AsyncStream<Void> { _ in }
    for await _ in never {}
  }

  private static func prompt(in body: ArraySlice<UInt8>) -> String {
    let value = try? JSONValue(parsing: Array(body))
    return value?["messages"]?.elements?.first?["content"]?.string ?? ""
  }
}

extension ScriptedClient.Answer {
  /// A whole answer in Anthropic's shape that repeats the prompt.
  static func completed(_ text: String) -> ScriptedClient.Answer {
    let body = """
      {"type":"message","content":[{"type":"text","text":"\(text)"}],\
      "usage":{"input_tokens":3,"output_tokens":2}}
      """
    return .reply(HTTPResponse(status: 200, body: Array(body.utf8)))
  }

  /// A refusal in Anthropic's shape.
  static func refused(
    _ status: Int,
    _ type: String,
    _ message: String? = nil,
    headers: [(name: String, value: String)] = []
  ) -> ScriptedClient.Answer {
    let message = message ?? "no: \(type)"
    let body = #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"}}"#
    return .reply(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
  }
}
