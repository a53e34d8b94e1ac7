/// How long each phase of a transfer may take; none of them may be zero.
///
/// They are checked to within a quarter of the shortest one, at best every 10 ms and at worst
/// every second.
package struct Deadlines: Sendable, Equatable {
  /// From the start until the request begins to leave: name lookup, TCP and TLS handshakes.
  package var connect: Duration
  /// From when the request begins to leave until the first byte of the response that is more than a
  /// sign of life: no interim answer, no head, no blank line before the body.
  package var firstByte: Duration
  /// Between two bytes of the response, once it is on its way.
  package var stall: Duration
  /// From the start to the last byte of the response.
  package var total: Duration

  /// The defaults suit completions that take minutes: 10 s, 600 s, 60 s and 600 s.
  package init(
    connect: Duration = .seconds(10),
    firstByte: Duration = .seconds(600),
    stall: Duration = .seconds(60),
    total: Duration = .seconds(600)
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.stall = stall
    self.total = total
  }
}

extension Duration {
  /// Whole milliseconds, rounded down.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }
}
