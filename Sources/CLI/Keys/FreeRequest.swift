import KeySources
import Runner
import Secrets
import Transport

/// The request that asks a provider for its models: it shows whether a key is accepted, and costs
/// nothing.
enum FreeRequest {
  static let path = "/v1/models"
  /// Lists of models are long, and no longer than this, in bytes.
  static let largestAnswer = 4 << 20

  /// - Throws: ``TransportError`` where it cannot be sent with this key.
  static func make(
    of provider: any Provider,
    to endpoint: Endpoint,
    with key: Key
  ) throws(TransportError) -> HTTPRequest {
    let limit = Duration.seconds(20)
    return HTTPRequest(
      method: .get,
      url: endpoint.url(for: path),
      headers: try provider.headers(
        provider.headers.filter { $0.name != "content-type" },
        with: key
      ),
      deadlines: Deadlines(connect: .seconds(10), firstByte: limit, stall: limit, total: limit)
    )
  }

  /// Status and start of the body of its answer, without the key in it.
  static func said(_ response: HTTPResponse, to key: Key) -> String {
    let body = key.withSecret {
      Scrubber(limit: 300).scrub(
        String(decoding: response.body.prefix(4096), as: UTF8.self),
        hiding: $0
      )
    }
    let line = body.split { $0.isNewline || $0 == " " }.joined(separator: " ")
    return "HTTP \(response.status)" + (line.isEmpty ? "" : ", \(line)")
  }
}
