internal import CCurl
internal import Glibc
internal import Secrets

/// Header lines in the form libcurl reads, wiped when they are let go.
// Sendable because only the owner of a mutable list writes to it; libcurl only reads.
@safe struct HeaderList: ~Copyable, @unchecked Sendable {
  private(set) var first: UnsafeMutablePointer<curl_slist>?

  /// Starts a list that keeps libcurl from waiting for a "100 Continue" before large bodies.
  init() {
    unsafe first = curl_slist_append(nil, "Expect:")
  }

  /// The lines of fields that are sent, without the one that starts the list.
  var fields: UnsafeMutablePointer<curl_slist>? { unsafe first?.pointee.next }

  deinit {
    var next = unsafe first
    while let line = unsafe next {
      unsafe explicit_bzero(line.pointee.data, strlen(line.pointee.data))
      unsafe next = line.pointee.next
    }
    unsafe curl_slist_free_all(first)
  }

  mutating func append(name: String, value: String) throws(TransportError) {
    guard isToken(name), value.utf8.allSatisfy(isFieldByte) else { throw refusal(of: name) }
    // "name;" is how libcurl spells a field with an empty value; "name:" would remove the field.
    let line = value.isEmpty ? "\(name);" : "\(name): \(value)"
    unsafe first = curl_slist_append(first, line)
  }

  mutating func append(
    name: String,
    prefix: String,
    secret: borrowing Secret
  ) throws(TransportError) {
    let allowed = unsafe secret.withUnsafeBytes { unsafe $0.allSatisfy(isFieldByte) }
    guard isToken(name), prefix.utf8.allSatisfy(isFieldByte), allowed, secret.count > 0 else {
      throw refusal(of: name)
    }
    unsafe secret.withUnsafeBytes { unsafe add(line: "\(name): \(prefix)", followedBy: $0) }
  }

  private mutating func add(line start: String, followedBy rest: UnsafeRawBufferPointer) {
    let line = UnsafeMutableRawBufferPointer.allocate(
      byteCount: start.utf8.count + rest.count + 1,
      alignment: 1
    )
    defer {
      if let base = line.baseAddress { unsafe explicit_bzero(base, line.count) }
      unsafe line.deallocate()
    }
    unsafe line.copyBytes(from: start.utf8)
    unsafe UnsafeMutableRawBufferPointer(rebasing: line.dropFirst(start.utf8.count))
      .copyMemory(from: rest)
    unsafe line[line.count - 1] = 0
    unsafe first = curl_slist_append(first, line.assumingMemoryBound(to: CChar.self).baseAddress)
  }

  private func refusal(of name: String) -> TransportError {
    TransportError(
      .invalidRequest,
      "header field \"\(name)\" is empty or holds a byte that HTTP does not allow"
    )
  }
}

/// Whether a name may name a field: RFC 9110 section 5.6.2, `token`.
private func isToken(_ name: String) -> Bool {
  !name.isEmpty && name.utf8.allSatisfy(isTokenByte)
}

private func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default:
    "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}

/// Whether a byte may stand in a field value: RFC 9110 section 5.5, `field-content`.
private func isFieldByte(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: "\t") || (byte >= 0x20 && byte != 0x7F)
}
