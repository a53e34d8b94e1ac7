import FoundationEssentials
import Glibc
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// A provider that runs here, on loopback: a rehearsal, not a model.
///
/// It speaks Anthropic's and OpenAI's wire formats, enforces limits and injects faults.
///
/// An answer is a pure function of its prompt: the text of the last user message (for
/// `/v1/responses` the input, for `/v1/embeddings` each input by itself). It contains the 64-bit
/// FNV-1a hash of the prompt's UTF-8, as 16 lower-case hexadecimal digits, and the prompt's first
/// words; an embedding is drawn from that hash.
package final class SimulatorServer: Sendable {
  private let provider: Mutex<SimulatedProvider>
  private let port: Int
  private let ledgerFile: LedgerFile?
  private let started = ContinuousClock.now

  /// A simulator that is not running yet.
  ///
  /// - Throws: ``SimulatorError`` when the ledger file cannot be written.
  package init(_ configuration: SimulatorConfiguration) throws(SimulatorError) {
    let skew = configuration.clockSkew.seconds
    let clock = WallClock(started: Date().timeIntervalSince1970 + skew)
    provider = Mutex(SimulatedProvider(configuration, clock: clock))
    port = configuration.port
    if let path = configuration.ledgerPath {
      ledgerFile = try LedgerFile(path: path)
    } else {
      ledgerFile = nil
    }
  }

  /// Serves until the surrounding task is cancelled.
  ///
  /// - Parameter onListening: Called once with the port, when connections are accepted.
  /// - Throws: ``SimulatorError`` when the port cannot be bound.
  package func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
    raiseDescriptorLimit()
    let server = try HTTPServerBuilder.http1().buildServer(
      configuration: ServerConfiguration(
        address: .hostname("127.0.0.1", port: port),
        backlog: 8192
      ),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "simulator") { _ in SwiftLogNoOpLogHandler() },
      responder: { request, writer, channel in
        try await self.respond(to: request, writer: writer, channel: channel)
      },
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) }
    )
    do {
      try await server.run()
    } catch let error as IOError {
      throw SimulatorError(
        "cannot listen on port \(port): \(systemReason(error.errnoCode)); "
          + "choose another, or 0 for a free one"
      )
    }
  }

  /// One request: read it, judge it, wait as long as the provider takes, and send the reply.
  @concurrent
  private func respond(
    to request: Request,
    writer: consuming ResponseWriter,
    channel: any Channel
  ) async throws {
    if let reply = try await control(request) { return try await reply.send(writer) }
    if request.headers[.expect] == "100-continue" {
      try await writer.writeInformationalHead(HTTPResponse(status: .continue))
    }
    let incoming = try await ProviderRequest(reading: request)
    let exchange: Exchange
    do {
      exchange = try receive(incoming)
    } catch {
      return try await Shipment(status: 507, headers: [], body: error.description).send(writer)
    }
    if exchange.latency > .zero { try await sleep(for: exchange.latency, on: channel.eventLoop) }
    let headers = provider.withLock { $0.finish(exchange, at: started.duration(to: .now)) }
    let reply = exchange.reply
    let shipment = Shipment(status: reply.status, headers: headers, body: reply.body)
    try await shipment.send(writer, over: channel, as: exchange.delivery)
  }

  /// What whoever runs the simulator asks of it, beside what its clients do.
  @concurrent
  private func control(_ request: Request) async throws -> Shipment? {
    let path = request.uri.path
    if path == "/simulator/ledger" {
      let since = request.uri.queryParameters["since"].flatMap { Int($0) } ?? 0
      let ledger = provider.withLock { $0.ledger }
      return Shipment(status: 200, headers: [], body: ledger.summary(since: since).text)
    }
    guard Order.forms[path] != nil else { return nil }
    let body = Data(try await request.body.collect(upTo: 65_536).readableBytesView)
    do {
      guard request.method == .post, let order = try Order(path: path, body: body) else {
        return Shipment(status: 400, headers: [], body: Order.forms[path] ?? "")
      }
      let answer = try provider.withLock { provider throws(SimulatorError) in
        try provider.obey(order, at: started.duration(to: .now))
      }
      return Shipment(status: 200, headers: [], body: answer)
    } catch {
      return Shipment(status: 400, headers: [], body: error.description)
    }
  }

  /// Judges a request and writes its ledger line under one lock, so that lines stay in order.
  private func receive(_ request: ProviderRequest) throws(SimulatorError) -> Exchange {
    try provider.withLock { provider throws(SimulatorError) in
      let exchange = provider.receive(request, at: started.duration(to: .now))
      try ledgerFile?.append(exchange.entry)
      return exchange
    }
  }
}

/// Waits on a timer of the event loop, which is cheaper than `Task.sleep` with thousands waiting.
private func sleep(for time: Duration, on loop: any EventLoop) async throws {
  let timer = loop.scheduleTask(in: TimeAmount(time)) {}
  try await withTaskCancellationHandler {
    try await timer.futureResult.get()
  } onCancel: {
    timer.cancel()
  }
}

/// Thousands of connections need as many descriptors; the hard limit is what we may have.
private func raiseDescriptorLimit() {
  var limit = rlimit()
  guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
  limit.rlim_cur = limit.rlim_max
  _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

extension ProviderRequest {
  /// The headers that are read; all others are ignored.
  private static let headerNames =
    ["x-api-key", "authorization", "anthropic-version"].compactMap(HTTPField.Name.init(_:))

  /// Reads a whole request; of a body that is too large the rest is read and dropped.
  fileprivate init(reading request: Request) async throws {
    var bytes = ByteBuffer()
    var size = 0
    for try await part in request.body {
      size += part.readableBytes
      if size <= Self.maximumBody { bytes.writeImmutableBuffer(part) }
    }
    var headers: [String: String] = [:]
    for name in Self.headerNames {
      headers[name.canonicalName] = request.headers[name]
    }
    self.init(
      method: request.method.rawValue,
      path: request.uri.path,
      headers: headers,
      body: size <= Self.maximumBody ? Data(bytes.readableBytesView) : nil
    )
  }
}
