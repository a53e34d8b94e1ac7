import Runner

/// What the server wrote down of a run, second by second.
struct ServerBooks {
  /// Of one second; amounts are tokens or requests.
  struct Page {
    /// What the limits let in, without what others took.
    var allowed = Metered(repeating: 0.0)
    var used = Metered(repeating: 0.0)
    /// What was saved or reserved when the second began.
    var saved = Metered(repeating: 0.0)
    var arrived = 0
    var limited = 0
    var unavailable = 0
    var answered = 0
  }

  private(set) var pages: [Page] = []
  /// The second that is being written.
  var page = Page()

  mutating func turn() {
    pages.append(page)
    page = Page()
  }

  func sum(_ seconds: Range<Int>, of part: (Page) -> Int) -> Int {
    pages[seconds].reduce(0) { $0 + part($1) }
  }

  /// Answers 429 as a share of what arrived.
  func limitedShare(_ seconds: Range<Int>) -> Double {
    Double(sum(seconds) { $0.limited }) / Double(max(1, sum(seconds) { $0.arrived }))
  }

  /// How much of what a limit allowed was used, as a share.
  ///
  /// A bucket that was fuller when the span began than when it ended gave more than its rate; that
  /// part does not count, so that a full bucket at the start earns nothing.
  func utilisation(of meter: Meter, _ seconds: Range<Int>) -> Double {
    let used = pages[seconds].reduce(0) { $0 + $1.used[meter] }
    let allowed = pages[seconds].reduce(0) { $0 + $1.allowed[meter] }
    let end = seconds.upperBound < pages.count ? pages[seconds.upperBound] : page
    let drawn = max(0, pages[seconds.lowerBound].saved[meter] - end.saved[meter])
    return (used - drawn) / allowed
  }
}
