/// A document as it was read.
package struct DocumentContent: Sendable {
  /// Never what cannot be sent.
  package let kind: DocumentKind
  /// Of a text without the byte order mark that some editors put first.
  package let bytes: [UInt8]
  /// The hash of all bytes of its file, by which its version is known.
  package let hash: UInt64

  /// - Parameter path: of its file, as a shell finds it.
  /// - Throws: ``DocumentError`` when it is empty, not UTF-8 or secret.
  init(_ kind: DocumentKind, _ bytes: [UInt8], at path: String) throws(DocumentError) {
    if let kind = SecretText.kind(of: bytes) {
      throw DocumentError(code: "secret_document", message: "is \(kind); it is never sent")
    }
    self.kind = kind
    hash = JobMark.hash(bytes[...])
    guard kind == .text else {
      self.bytes = bytes
      return
    }
    guard let text = try? UTF8Span(validating: bytes.span) else {
      // No text in another encoding has a zero.
      let kind = bytes.contains(0) ? UnsendableKind.binary : .otherText
      throw kind.error(at: path)
    }
    guard !Self.isBlank(text) else {
      throw DocumentError(code: "empty_document", message: "is empty")
    }
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    self.bytes = hasMark ? Array(bytes.dropFirst(3)) : bytes
  }

  /// A mark at the start is no text.
  private static func isBlank(_ text: borrowing UTF8Span) -> Bool {
    var scalars = text.makeUnicodeScalarIterator()
    while let scalar = scalars.next() {
      if !scalar.properties.isWhitespace, scalar != "\u{FEFF}" { return false }
    }
    return true
  }
}
