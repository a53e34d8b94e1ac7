/// A complete HTTP response, its body decompressed.
package struct HTTPResponse: Sendable {
  /// The protocol version that the response came over.
  package enum Version: Sendable {
    case http1
    case http2
  }

  package let status: Int
  package let body: [UInt8]
  package let version: Version
  /// How often the request went out, normally once.
  ///
  /// libcurl sends again on a new connection when the server closes a kept-alive one before
  /// answering; the provider may have seen, and billed, each of them.
  package let requestsSent: Int
  /// From the start of the transfer to its last byte.
  package let elapsed: Duration
  private let head: [UInt8]

  /// Makes a response from a header block: the status line and header lines as received.
  init(
    status: Int,
    head: [UInt8],
    body: [UInt8],
    version: Version,
    requestsSent: Int,
    elapsed: Duration
  ) {
    self.status = status
    self.head = head
    self.body = body
    self.version = version
    self.requestsSent = requestsSent
    self.elapsed = elapsed
  }

  /// Makes a response from parts, for an ``HTTPClient`` that is not a network client.
  package init(
    status: Int,
    headers: [(name: String, value: String)] = [],
    body: [UInt8] = [],
    requestsSent: Int = 1,
    elapsed: Duration = .zero
  ) {
    let lines = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
    self.init(
      status: status,
      head: Array(lines.utf8),
      body: body,
      version: .http1,
      requestsSent: requestsSent,
      elapsed: elapsed
    )
  }

  /// The value of the first header field with this name, whatever its case, or nil.
  package func header(_ name: String) -> String? {
    let name = name.utf8
    for line in head.split(separator: newline) {
      guard line.count > name.count, line[line.startIndex + name.count] == colon,
        zip(line, name).allSatisfy({ lowercased($0) == lowercased($1) })
      else { continue }
      let value = line.dropFirst(name.count + 1).drop(while: isBlank)
      return String(decoding: value.trimmingSuffix(while: isBlank), as: UTF8.self)
    }
    return nil
  }
}

private let newline = UInt8(ascii: "\n")
private let colon = UInt8(ascii: ":")

private func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}

extension ArraySlice<UInt8> {
  fileprivate func trimmingSuffix(while predicate: (UInt8) -> Bool) -> Self {
    var end = endIndex
    while end > startIndex, predicate(self[end - 1]) { end -= 1 }
    return self[..<end]
  }
}
