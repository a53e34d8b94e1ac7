internal import Glibc

/// A complete HTTP response, its body decompressed.
package struct HTTPResponse: Sendable {
  /// The protocol version that the response came over.
  package enum Version: Sendable {
    case http1
    case http2
  }

  package let status: Int
  package private(set) var body: [UInt8]
  package let version: Version
  /// How often the request went out, normally once.
  ///
  /// libcurl sends again on a new connection when the server closes a kept-alive one before
  /// answering; the provider may have seen, and billed, each of them.
  package let requestsSent: Int
  /// From the start of the transfer to its last byte.
  package let elapsed: Duration
  /// Nil where the request did not ask for it.
  package internal(set) var path: PathReport?
  private let head: [UInt8]
  private let hold: HeldBody?

  /// Makes a response from a header block: the status line and header lines as received.
  init(
    status: Int,
    head: [UInt8],
    body: [UInt8],
    version: Version,
    requestsSent: Int,
    elapsed: Duration,
    hold: HeldBody? = nil
  ) {
    self.status = status
    self.head = head
    self.hold = hold
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

  /// For as long as it lives, the body of this response counts as held, if it is large; nil where it
  /// is not.
  package var claim: (any Sendable)? { hold }

  /// Overwrites the body with zeros, and drops it.
  ///
  /// It reaches only this response's own bytes: what was copied, or shares its storage with another
  /// value, stays.
  package mutating func wipe() {
    unsafe body.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress { unsafe explicit_bzero(base, bytes.count) }
    }
    body = []
  }

  /// Visits every header field in its order: its name, and its value without the blanks around it.
  ///
  /// One pass without a copy, for those who look for many fields at once. Both spans are as received,
  /// of any case and any bytes.
  package func forEachHeader(_ visit: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
    let head = head.span
    var start = 0
    while let end = position(of: UInt8(ascii: "\n"), from: start) {
      if let colon = position(of: UInt8(ascii: ":"), from: start), colon < end {
        var (first, last) = (colon + 1, end)
        while first < last, isBlank(head[first]) { first += 1 }
        while first < last, isBlank(head[last - 1]) { last -= 1 }
        visit(head.extracting(start..<colon), head.extracting(first..<last))
      }
      start = end + 1
    }
  }

  /// Where a byte stands next in the head.
  private func position(of byte: UInt8, from start: Int) -> Int? {
    unsafe head.withUnsafeBytes { bytes in
      guard start < bytes.count, let base = bytes.baseAddress,
        let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }

  /// The value of the first header field with this name, whatever its case, or nil.
  package func header(_ name: String) -> String? {
    let name = name.utf8.span
    var start = 0
    while let end = position(of: UInt8(ascii: "\n"), from: start) {
      if let value = value(ofField: name, inLine: start..<end) {
        return String(decoding: value, as: UTF8.self)
      }
      start = end + 1
    }
    return nil
  }

  /// The value in a header line, without the blanks around it, if the line is this field's.
  private func value(ofField name: Span<UInt8>, inLine line: Range<Int>) -> ArraySlice<UInt8>? {
    guard line.count > name.count, head[line.lowerBound + name.count] == UInt8(ascii: ":") else {
      return nil
    }
    for index in name.indices {
      guard lowercased(head[line.lowerBound + index]) == lowercased(name[index]) else { return nil }
    }
    let value = head[line].dropFirst(name.count + 1).drop(while: isBlank)
    guard let last = value.lastIndex(where: { !isBlank($0) }) else { return [] }
    return value[...last]
  }
}

private func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  UInt8(ascii: "A") <= byte && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
