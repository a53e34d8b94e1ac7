package import Jobs

/// A PDF or an image on its way into a request.
package struct AttachedFile: Sendable, Equatable {
  package let kind: DocumentKind
  /// Its last path component.
  package let name: String
  package let bytes: [UInt8]
  package let extent: AttachmentExtent

  package init(_ kind: DocumentKind, name: String, bytes: [UInt8]) {
    self.kind = kind
    self.name = name
    self.bytes = bytes
    extent = AttachmentExtent(kind, whole: bytes)
  }

  var isPDF: Bool { kind == .pdf }
  /// Such as `image/png`.
  var mediaType: String { kind.mediaType ?? "application/octet-stream" }

  /// How many characters the Base64 of so many bytes has.
  package static func base64Count(of bytes: Int) -> Int { (bytes + 2) / 3 * 4 }
}

/// How much a model has to look at.
package enum AttachmentExtent: Sendable, Equatable {
  /// Of an image; nil where its size cannot be told.
  case pixels(PixelSize?)
  /// Of a PDF of so many bytes; nil where their number cannot be told.
  case pages(Int?, bytes: Int)

  init(_ kind: DocumentKind, whole bytes: [UInt8]) {
    self =
      kind == .pdf
      ? .pages(PDFPages.count(in: bytes), bytes: bytes.count)
      : .pixels(PixelSize(of: kind, in: bytes[...]))
  }

  /// What the beginning of a file tells.
  init(_ look: DocumentLook) {
    self =
      look.kind == .pdf
      ? .pages(nil, bytes: look.size) : .pixels(PixelSize(of: look.kind, in: look.head[...]))
  }
}

/// What of a request are attachments.
package struct AttachedShape: Sendable, Equatable {
  /// Bytes of the body that are their Base64.
  package var base64: Int
  /// Tokens of them all that are expected, and that are billed at most.
  package var tokens: AttachmentTokens

  package init(base64: Int, tokens: AttachmentTokens) {
    self.base64 = base64
    self.tokens = tokens
  }
}

extension AttachedShape {
  /// Both in one request.
  static func + (one: AttachedShape, other: AttachedShape) -> AttachedShape {
    let (tokens, more) = (one.tokens, other.tokens)
    return AttachedShape(
      base64: one.base64 + other.base64,
      tokens: AttachmentTokens(
        expected: tokens.expected + more.expected,
        most: tokens.most + more.most
      )
    )
  }

  /// All in one request; nil of none.
  static func sum(_ shapes: [AttachedShape]) -> AttachedShape? {
    shapes.dropFirst().reduce(shapes.first) { sum, shape in sum.map { $0 + shape } }
  }
}

/// How many tokens something is to a model.
package struct AttachmentTokens: Sendable, Equatable {
  package var expected: Int
  package var most: Int

  package init(expected: Int, most: Int) {
    self.expected = expected
    self.most = most
  }

  /// What is known exactly.
  init(_ count: Int) { self.init(expected: count, most: count) }
}
