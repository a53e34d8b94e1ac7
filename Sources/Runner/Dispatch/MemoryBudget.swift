/// Bounds the bytes of bodies and answers that are held at a time: a pure value.
struct MemoryBudget: Sendable {
  /// How far an answer draws the expectation of the next.
  private static let gain = 0.2

  private let limit: Int
  private(set) var held = 0
  /// Bytes that an answer is expected to have: near the largest of late, since what is held for it
  /// must not turn out too small for many at once.
  private var answer = 0.0

  /// - Parameter limit: bytes, at least one.
  init(limit: Int) {
    self.limit = limit
  }

  /// What a request with a body of so many bytes holds until it ends.
  func need(of body: Int) -> Int { body + Int(answer) }

  /// Whether so many bytes more may be held; what is larger than all there is goes alone.
  func hasRoom(for bytes: Int) -> Bool { held == 0 || held + bytes <= limit }

  mutating func hold(_ bytes: Int) { held += bytes }

  mutating func release(_ bytes: Int) { held -= bytes }

  /// An answer came.
  mutating func learn(answer bytes: Int) {
    let bytes = Double(bytes)
    answer = max(bytes, answer + Self.gain * (bytes - answer))
  }
}
