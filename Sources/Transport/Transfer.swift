/// One transfer under way: who waits for it, how it stands, and what has arrived.
struct Transfer {
  /// Bytes that hold most responses' header fields.
  private static let usualHead = 1024

  let id: UInt64
  let request: HTTPRequest
  let reply: Mailbox.Reply
  private var watch: DeadlineWatch
  var requestsSent = 0
  private(set) var body: [UInt8] = []
  private var head: [UInt8] = []
  private var bytesReceived = 0
  /// Whether the empty line after the header fields has come; libcurl takes a cut for an end.
  private(set) var headIsComplete = false

  /// Whether the head now arriving is of an interim answer, which another follows.
  private var isInterim = false
  private var hasBody = false

  /// Whether the answer itself is on its way, and not only signs of life before it: interim answers,
  /// and a head with blank lines after it, which some servers send while a model thinks.
  private var isArriving: Bool { hasBody || (hasHead && !isInterim && !headIsComplete) }

  /// Whether any line of a response's head has come.
  var hasHead: Bool { !head.isEmpty }

  init(_ submission: Mailbox.Submission, at now: ContinuousClock.Instant) {
    id = submission.id
    request = submission.request
    reply = submission.reply
    watch = DeadlineWatch(request.deadlines, startedAt: now)
  }

  /// The most bytes of a head, as libcurl has it from 8.4 on.
  private static let largestHead = 300 << 10

  /// Takes a header line; a status line starts the header block anew, after interim responses.
  ///
  /// - Returns: false where the head is too large, and libcurl is to give up.
  mutating func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
    bytesReceived += line.count
    guard head.count + line.count <= Self.largestHead else { return false }
    if unsafe line.starts(with: "HTTP/".utf8) {
      head.removeAll(keepingCapacity: true)
      headIsComplete = false
      let blank = unsafe line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
      isInterim = unsafe line[blank...].dropFirst().first == UInt8(ascii: "1")
    }
    if head.isEmpty { head.reserveCapacity(Self.usualHead) }
    if line.count <= 2 { headIsComplete = true }
    unsafe head.append(contentsOf: line)
    return true
  }

  /// The most bytes, head and body, that are passed over for the sake of the connection.
  private static let mostPassedOver = 16 << 20

  /// Whether the rest of an answer of which nothing more is kept is waited for.
  var isWorthHearing: Bool { bytesReceived < Self.mostPassedOver }

  /// Makes room for a body of so many bytes, of which `expected` may come, and `most` are taken.
  ///
  /// - Returns: false where the system has no memory for it.
  mutating func makeRoom(for size: Int, expected: Int, most: Int) -> Bool {
    guard size > body.capacity else { return true }
    let bytes = BodyRoom.bytes(for: size, expected: expected, most: most)
    if let bytes { body.reserveCapacity(bytes) }
    return bytes != nil
  }

  /// Takes a part of the body, and keeps the first `count` bytes of it.
  mutating func receive(bodyPart part: UnsafeRawBufferPointer, keeping count: Int = .max) {
    bytesReceived += part.count
    if !hasBody { unsafe hasBody = !part.allSatisfy(isBlank) }
    unsafe body.append(contentsOf: part.prefix(count))
  }

  /// Takes note that the transfer waits by our own will.
  mutating func isHeldUp(at now: ContinuousClock.Instant) {
    watch.progressed(at: now)
  }

  /// The error of a deadline that has passed, if any.
  ///
  /// - Parameter route: the way that it goes.
  mutating func overdue(at now: ContinuousClock.Instant, on route: Route) -> TransportError? {
    watch.sample(
      requestsSent: requestsSent,
      bytesReceived: bytesReceived,
      isArriving: isArriving,
      at: now
    )
    .map {
      .overdue(
        $0,
        request,
        by: route.proxy?.authority,
        requestMayHaveLeft: requestsSent > 0
      )
    }
  }

  func response(
    status: Int,
    version: HTTPResponse.Version,
    hold: HeldBody?,
    at now: ContinuousClock.Instant
  ) -> HTTPResponse {
    HTTPResponse(
      status: status,
      head: head,
      body: body,
      version: version,
      requestsSent: requestsSent,
      elapsed: watch.elapsed(at: now),
      hold: hold
    )
  }
}

private func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: " ")
}
