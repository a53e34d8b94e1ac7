import Glibc

/// What can be told of a document before it is read whole.
package struct DocumentLook: Sendable {
  /// Bytes of its file; 0 for one that is not there.
  package let size: Int
  /// Told from its content only where its name is that of a PDF or an image.
  package let kind: DocumentKind
  /// How it begins, where it was looked at.
  package let head: [UInt8]
}

extension DocumentFolder {
  /// Looks at documents without reading them, at how they begin only where it matters.
  ///
  /// - Parameters:
  ///   - paths: below the folder.
  ///   - judge: is told of each what was seen, and keeps what it needs.
  package func looks<Seen: Sendable>(
    at paths: [String],
    _ judge: @escaping @Sendable (DocumentLook) -> Seen
  ) async -> [Seen] {
    let nothing = DocumentLook(size: 0, kind: .text, head: [])
    let seen = try? await queue.run { [self] in paths.map { judge(look(at: $0) ?? nothing) } }
    return seen ?? paths.map { _ in judge(nothing) }
  }

  private func look(at path: String) -> DocumentLook? {
    guard DocumentKind.mayBeAttached(path), let file = try? opened(path),
      let size = try? file.identity().size, let head = try? file.head()
    else {
      let found = try? access.find(DocumentName.bytes(of: path))
      return found.map { DocumentLook(size: Int($0.information.st_size), kind: .text, head: []) }
    }
    return DocumentLook(size: size, kind: DocumentKind(head: head[...]), head: head)
  }

  /// What a document is by how it begins; nil where it cannot be read.
  package func kind(of path: String) async -> DocumentKind? {
    try? await queue.run { [self] in DocumentKind(head: try opened(path).head()[...]) }
  }

  /// Whether there is a PDF or an image among the documents.
  ///
  /// - Throws: ``StoreError`` when a folder cannot be listed.
  package func hasAttachments() async throws -> Bool {
    try await contains { await kind(of: $0.path)?.mediaType != nil }
  }

  /// Reads a document and makes something of it.
  ///
  /// A PDF or an image is read and made on one thread, one after the other, so that the bytes of only
  /// one are there at a time beside what was made of them.
  ///
  /// - Throws: ``DocumentError`` when it cannot be read, is empty, too large, of a kind that cannot be
  ///   sent, or secret; and what `make` throws.
  package func made<Made: Sendable>(
    of path: String,
    _ make: @escaping @Sendable (DocumentContent) throws -> Made
  ) async throws -> Made {
    do {
      let step = try await queue.run { [self] in try begin(path, make) }
      switch step {
      case .made(let made): return made
      case .text(let file, let size):
        let bytes = try await file.read(at: 0, count: Swift.min(Self.largest, size) + 1)
        try Self.check(bytes.count, most: Self.largest)
        return try make(try DocumentContent(.text, bytes, at: place(of: path)))
      }
    } catch let error as StoreError {
      throw DocumentError(message: error.message)
    }
  }

  /// Reads PDFs and images, and makes something of each and then of all, on one thread.
  ///
  /// - Throws: ``DocumentError`` that begins with the path, also of what `make` throws.
  package func made<Part, Made: Sendable>(
    of paths: [String],
    _ make: @escaping @Sendable (String, DocumentContent) throws -> Part,
    whole: @escaping @Sendable ([Part]) throws -> Made
  ) async throws -> Made {
    try await queue.run { [self] in
      var left = Self.largestAttached
      let parts = try paths.map { path in
        do {
          guard
            case .made((let part, let size)) = try begin(
              path,
              { (try make(path, $0), $0.bytes.count) }
            )
          else { throw DocumentError.isText }
          left -= size
          guard left >= 0 else { throw DocumentError(largeFiles: Self.largestAttached) }
          return part
        } catch let error as DocumentError {
          throw DocumentError(code: error.code, message: "\(path) \(error.message)")
        } catch let error as StoreError {
          throw DocumentError(message: "\(path) \(error.message)")
        }
      }
      return try whole(parts)
    }
  }

  /// The text of a document, UTF-8, without the byte order mark that some editors put first.
  ///
  /// - Throws: ``DocumentError`` as ``made(of:_:)`` does, and for a PDF or an image.
  package func text(of path: String) async throws(DocumentError) -> [UInt8] {
    do {
      return try await made(of: path) { content in
        guard content.kind == .text else { throw DocumentError(noText: content.kind) }
        return content.bytes
      }
    } catch let error as DocumentError {
      throw error
    } catch {
      throw DocumentError(message: "cannot be read")
    }
  }

  fileprivate enum Step<Made> {
    case made(Made)
    case text(InputFile, size: Int)
  }

  private func begin<Made>(
    _ path: String,
    _ make: (DocumentContent) throws -> Made
  ) throws -> Step<Made> {
    let file = try opened(path)
    let size = try file.identity().size
    let head = try file.head()
    let kind = DocumentKind(head: head[...])
    switch kind {
    case .text: return .text(file, size: size)
    case .unsendable(let unsendable): throw unsendable.error(at: place(of: path))
    case .pdf, .image:
      try Self.check(size, most: Self.largestAttached)
      let bytes = try file.bytes(Swift.min(Self.largestAttached, size) + 1, at: 0)
      try Self.check(bytes.count, most: Self.largestAttached)
      return .made(try make(try DocumentContent(kind, bytes, at: place(of: path))))
    }
  }

  private func place(of path: String) -> String {
    root.hasSuffix("/") ? root + path : "\(root)/\(path)"
  }

  private static func check(_ size: Int, most: Int) throws(DocumentError) {
    guard size > most else { return }
    throw DocumentError(
      code: "large_document",
      message: "is larger than \(most >> 20) MiB; split it"
    )
  }
}

extension DocumentFolder.Step: Sendable where Made: Sendable {}

extension DocumentError {
  /// What is read as a file of a line may be anything that lies there, so texts are not.
  fileprivate static let isText = DocumentError(
    code: "unsendable_document",
    message: "is a text; `files` takes PDFs and images, and a text goes into the prompt"
  )

  fileprivate init(largeFiles most: Int) {
    self.init(
      code: "large_document",
      message: "and those before it are larger than \(most >> 20) MiB together"
    )
  }

  /// A line has room for a text only.
  init(noText kind: DocumentKind) {
    self.init(
      code: "unsendable_document",
      message: "is \(kind.name), which has no text to be kept in a line; `nightjar run` of its "
        + "folder sends it as it is"
    )
  }
}
