/// What a document is, told by how it begins rather than by its name.
package enum DocumentKind: Sendable, Equatable {
  case text
  case pdf
  case image(ImageFormat)
  /// What no provider takes as it is.
  case unsendable(UnsendableKind)

  /// The images that providers take.
  package enum ImageFormat: String, Sendable, CaseIterable {
    case png, jpeg, webp, gif
  }

  /// - Parameter head: the first bytes; 300 are enough.
  package init(head: ArraySlice<UInt8>) {
    if let format = Self.image(head) {
      self = .image(format)
    } else if Self.isPDF(head) {
      self = .pdf
    } else if let kind = UnsendableKind(head: head) {
      self = .unsendable(kind)
    } else {
      self = .text
    }
  }

  /// As in "is a PDF".
  package var name: String {
    switch self {
    case .text: "text"
    case .pdf: "a PDF"
    case .image(.png): "a PNG image"
    case .image(.jpeg): "a JPEG image"
    case .image(.webp): "a WebP image"
    case .image(.gif): "a GIF image"
    case .unsendable(let kind): kind.name
    }
  }

  /// The media type under which it is sent (RFC 6838); nil for what goes into no request as it is.
  package var mediaType: String? {
    switch self {
    case .pdf: "application/pdf"
    case .image(let format): "image/\(format.rawValue)"
    case .text, .unsendable: nil
    }
  }

  /// A guess from a name alone, for what need not be exact: true for one that such a file has.
  static func mayBeAttached(_ path: String) -> Bool {
    let ending = path.lowercased().split(separator: "/").last?.split(separator: ".").last ?? ""
    return ["pdf", "png", "jpg", "jpeg", "webp", "gif"].contains(ending)
  }

  /// ISO 32000-2, section 7.5.2; readers allow for a byte order mark and line breaks before it.
  private static func isPDF(_ head: ArraySlice<UInt8>) -> Bool {
    let marked = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head
    return marked.drop { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }.starts(with: "%PDF-".utf8)
  }

  private static func image(_ head: ArraySlice<UInt8>) -> ImageFormat? {
    if head.starts(with: [0x89] + "PNG\r\n\u{1A}\n".utf8) { return .png }
    if head.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WEBP".utf8) { return .webp }
    // A text may begin with these letters, but not go on with numbers in two bytes.
    let isGIF = ["GIF87a", "GIF89a"].contains { head.starts(with: $0.utf8) }
    let isBinary = head.dropFirst(6).prefix(7).contains { $0 < 0x09 || $0 >= 0x80 }
    return isGIF && isBinary ? .gif : nil
  }
}
