/// What the end of a request says about what it was billed for.
enum Bill: Sendable, Equatable {
  /// It was answered; `copies` more of it may have been billed too.
  case answered(Usage, copies: Int)
  /// An answer came that is no result, and said what it used; it is billed all the same.
  case lost(Usage)
  /// It may have been billed, and nobody says for how much.
  case unknown
  /// It was not billed: it never left, or it was refused.
  case none
  /// It was cut off by us, and is left in the journal of sends for the next run to count.
  case cutOff

  /// - Parameters:
  ///   - outcome: what became of the request; nil when it was cut off by us.
  ///   - status: of the response; nil without one.
  ///   - copies: how often the request was sent, more than once where a connection broke.
  init(_ outcome: Outcome?, status: Int?, copies: Int?, _ mayHaveLeft: Bool) {
    switch (outcome, status) {
    case (.completed(let answer), _) where answer.usage != Usage():
      self = .answered(answer.usage, copies: max(0, (copies ?? 1) - 1))
    case (let outcome?, _) where (outcome.refusal?.paid ?? Usage()) != Usage():
      self = .lost(outcome.refusal?.paid ?? Usage())
    case (_, let status?): self = Self.isBilled(status) ? .unknown : .none
    case (nil, nil): self = mayHaveLeft ? .cutOff : .none
    case (_, nil): self = mayHaveLeft ? .unknown : .none
    }
  }

  /// Whether a response that is no result may have been billed: one that came damaged is, and one
  /// that a gateway gave up waiting for may have been made; refusals are not.
  private static func isBilled(_ status: Int) -> Bool {
    switch status {
    case 408, 499, 502, 504: true
    case 300..<500, 500, 501, 503, 529: false
    default: true
    }
  }
}
