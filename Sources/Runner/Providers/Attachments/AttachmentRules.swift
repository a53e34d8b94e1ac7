package import Jobs

/// What a provider takes of PDFs and images for a model, and how it counts them.
package struct AttachmentRules: Sendable {
  /// Who has the rules, for messages.
  var who: String
  /// Bytes of a whole request.
  var request: Int
  /// Bytes of an image's Base64.
  var image = Int.max
  /// Pixels of an image's longer side.
  var side = Int.max
  /// Pages of a PDF.
  var pages = Int.max
  /// The tokens of an image; of one whose size is unknown those of the largest.
  var tokens: @Sendable (PixelSize?) -> AttachmentTokens

  /// Tokens of a page of a PDF: providers send its text, 1,500 to 3,000 tokens of it by
  /// platform.claude.com/docs/en/build-with-claude/pdf-support, and a picture of it.
  package static let page = AttachmentTokens(expected: 3_000, most: 10_000)
  /// Bytes of a PDF for a page, where nobody can tell how many there are; a guess.
  private static let bytesPerPage = 50_000
  /// No model takes more at a time.
  private static let mostTokens = 1_100_000

  /// How many tokens something is expected to be, and can be at most.
  package func tokens(of extent: AttachmentExtent) -> AttachmentTokens {
    switch extent {
    case .pixels(let size): return tokens(size)
    case .pages(let count, let bytes):
      let guess = min(pages, max(1, bytes / Self.bytesPerPage))
      let most = count.map { Self.page.most.multipliedReportingOverflow(by: $0) }
      return AttachmentTokens(
        expected: min(Self.mostTokens, Self.page.expected * (count ?? guess)),
        most: min(Self.mostTokens, most?.partialValue ?? .max)
      )
    }
  }

  /// What of a request its attachments are, before there is one.
  package func shape(of extent: AttachmentExtent, bytes: Int) -> AttachedShape {
    AttachedShape(base64: AttachedFile.base64Count(of: bytes), tokens: tokens(of: extent))
  }

  /// - Throws: ``DocumentError`` for what the provider would refuse.
  package func check(_ file: AttachedFile) throws(DocumentError) {
    let base64 = AttachedFile.base64Count(of: file.bytes.count)
    guard base64 < request else {
      throw tooLarge("makes a request of more than \(request >> 20) MiB, the most", "split it")
    }
    guard !file.isPDF else { return try check(pages: file.extent) }
    guard base64 <= image else {
      throw tooLarge(
        "has \(file.bytes.count) bytes, \(base64) in Base64; \(image >> 20) MiB is the most for an "
          + "image",
        "make it smaller"
      )
    }
    guard case .pixels(let size?) = file.extent, size.longestSide > side else { return }
    throw tooLarge(
      "has \(size.width) by \(size.height) pixels; \(side) on a side is the most",
      "make it smaller"
    )
  }

  private func check(pages extent: AttachmentExtent) throws(DocumentError) {
    guard case .pages(let count?, _) = extent, count > pages else { return }
    throw tooLarge("has \(count) pages; \(pages) is the most", "split it")
  }

  /// - Throws: ``DocumentError`` where a request as a whole is too large.
  func check(request bytes: Int) throws(DocumentError) {
    guard bytes > request else { return }
    throw tooLarge("makes a request of more than \(request >> 20) MiB, the most", "split it")
  }

  private func tooLarge(_ what: String, _ advice: String) -> DocumentError {
    DocumentError(
      code: "large_document",
      message: "\(what) that \(who) takes with this model: \(advice)"
    )
  }
}
