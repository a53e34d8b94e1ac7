import Glibc
import HTTPTypes
import HummingbirdCore
import NIOCore

/// A reply on its way to the client, whole or damaged.
struct Shipment: Sendable {
  let status: Int
  let headers: [Header]
  let body: String

  /// Thrown to make the server close the connection after a damaged reply.
  private struct ConnectionDropped: Error {}

  /// Sends the reply whole.
  @concurrent
  func send(_ writer: consuming ResponseWriter) async throws {
    try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
  }

  /// Sends the reply, damaged as its delivery says.
  ///
  /// - Throws: An error that makes the server drop the connection, for the damages that end so.
  @concurrent
  func send(
    _ writer: consuming ResponseWriter,
    over channel: any Channel,
    as delivery: Delivery
  ) async throws {
    switch delivery {
    case .whole, .malformed:
      try await send(writer)
    case .hang:
      try await waitForClient(channel)
    case .truncated:
      try await sendPart(1...1, writer)
      throw ConnectionDropped()
    case .reset:
      try await sendPart(1...1, writer)
      try await reset(channel)
      throw ConnectionDropped()
    case .slow:
      try await sendPart(1...5, writer)
      try await waitForClient(channel)
    }
  }

  private var head: HTTPResponse {
    var fields = HTTPFields()
    for header in headers {
      guard let name = HTTPField.Name(header.name) else { continue }
      fields.append(HTTPField(name: name, value: header.value))
    }
    fields[.contentLength] = String(body.utf8.count)
    return HTTPResponse(status: .init(code: status), headerFields: fields)
  }

  /// Sends the head and half of the body, in as many pieces as the range has steps.
  @concurrent
  private func sendPart(
    _ steps: ClosedRange<Int>,
    _ writer: consuming ResponseWriter
  ) async throws {
    var sink = try await writer.writeHead(head)
    let piece = max(1, body.utf8.count / 2 / steps.count)
    for step in steps {
      let bytes = body.utf8.dropFirst((step - 1) * piece).prefix(piece)
      try await sink.write(ByteBuffer(bytes: bytes))
      if step < steps.upperBound { try await Task.sleep(for: .milliseconds(100)) }
    }
  }

  /// Closes with a TCP reset, shortly after what was sent so that it arrives first.
  private func reset(_ channel: any Channel) async throws {
    try await Task.sleep(for: .milliseconds(5))
    let provider = channel as? any SocketOptionProvider
    try await provider?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    try await channel.close()
  }

  /// Waits until the client gives up, or the simulator stops.
  private func waitForClient(_ channel: any Channel) async throws {
    try await channel.setOption(.allowRemoteHalfClosure, value: false).get()
    try await withTaskCancellationHandler {
      try await channel.closeFuture.get()
    } onCancel: {
      channel.close(promise: nil)
    }
    throw ConnectionDropped()
  }
}
