import Glibc

/// Why a document cannot be used.
package struct DocumentError: Error, Sendable {
  /// The code of the job's refusal; those of all documents end alike.
  package var code = "unreadable_document"
  /// What is wrong, in plain words.
  package let message: String
}

/// What of a folder is read besides what lies in it, and what never is.
package struct DocumentRules: Sendable {
  /// Whether links that lead out of the folder are followed.
  package var followsLinks: Bool
  /// Files that hold keys, and those of the run itself: never documents, by whatever name.
  package var withheld: [String]
  /// Hears what was left out.
  package var notice: OneNotice

  package init(
    followsLinks: Bool = false,
    withheld: [String] = [],
    notice: OneNotice = OneNotice { _ in }
  ) {
    self.followsLinks = followsLinks
    self.withheld = withheld
    self.notice = notice
  }

  var withheldIDs: Set<FileID> { Set(withheld.compactMap { FileID($0) }) }
}

/// A folder of text documents, named by a path or by a pattern such as `documents/**/*.txt`.
package struct DocumentFolder: Sendable {
  /// The largest document, in bytes.
  package static let largest = 16 << 20

  /// The folder that paths are relative to.
  package let root: String
  let pattern: DocumentPattern?
  let rules: DocumentRules
  let queue = BlockingQueue(label: "nightjar.documents")

  /// - Parameter path: a folder, whose every visible file is a document, or a pattern with `*`, `**`,
  ///   `?` or `[…]`, which matches paths below the last folder without any of them.
  package init(_ path: String, _ rules: DocumentRules = DocumentRules()) {
    self.rules = rules
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let plain = parts.prefix { !Self.isPattern(String($0)) }
    if plain.count == parts.count || FileKind(following: path) == .folder {
      (root, pattern) = (path, nil)
    } else {
      let start = plain.joined(separator: "/")
      root = plain.isEmpty ? "." : start.isEmpty ? "/" : start
      pattern = DocumentPattern(parts[plain.count...].joined(separator: "/"))
    }
  }

  /// True when `path` is a pattern rather than the name of a file or folder.
  package static func isPattern(_ path: String) -> Bool {
    path.contains { "*?[".contains($0) }
  }

  var access: FolderAccess { FolderAccess(root: root, followsLinks: rules.followsLinks) }

  /// How many bytes each document has; 0 for one that is not there.
  package func sizes(of paths: [String]) async -> [Int] {
    let sizes = try? await queue.run { [access] in
      paths.map { path in
        Int((try? access.find(DocumentName.bytes(of: path)))?.information.st_size ?? 0)
      }
    }
    return sizes ?? paths.map { _ in 0 }
  }

  /// The text of a document, UTF-8, without the byte order mark that some editors put first, and the
  /// hash of all its bytes, by which its version is known.
  ///
  /// - Throws: ``DocumentError`` when it cannot be read, is empty, too large, not UTF-8 or secret.
  package func document(
    _ path: String
  ) async throws(DocumentError) -> (text: [UInt8], hash: UInt64) {
    let bytes: [UInt8]
    do {
      let file = try await queue.run { try opened(path) }
      bytes = try await file.read(at: 0, count: Swift.min(Self.largest, file.identity().size) + 1)
    } catch let error as DocumentError {
      throw error
    } catch let error as StoreError {
      throw DocumentError(message: error.message)
    } catch {
      throw DocumentError(message: "cannot be read")
    }
    guard bytes.count <= Self.largest else {
      throw DocumentError(
        code: "large_document",
        message: "is larger than \(Self.largest >> 20) MiB; split it"
      )
    }
    if let kind = SecretText.kind(of: bytes) {
      throw DocumentError(code: "secret_document", message: "is \(kind); it is never sent")
    }
    guard let text = try? UTF8Span(validating: bytes.span) else {
      throw DocumentError(
        code: "not_utf8_document",
        message: "is not UTF-8 text; convert it first"
      )
    }
    guard !Self.isBlank(text) else {
      throw DocumentError(code: "empty_document", message: "is empty")
    }
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    return (hasMark ? Array(bytes.dropFirst(3)) : bytes, JobMark.hash(bytes[...]))
  }

  /// The same without the hash.
  package func text(of path: String) async throws(DocumentError) -> [UInt8] {
    try await document(path).text
  }

  func opened(_ path: String) throws -> InputFile {
    let found: FolderAccess.Found
    do throws(FolderAccess.Failure) {
      found = try access.find(DocumentName.bytes(of: path))
    } catch {
      throw DocumentError(message: Self.words(error))
    }
    guard found.kind == .regular, !rules.withheldIDs.contains(found.id) else {
      throw DocumentError(message: "is no document")
    }
    let descriptor = found.open(O_RDONLY)
    guard descriptor >= 0 else { throw DocumentError(message: Self.words(.unreadable(errno))) }
    return InputFile(descriptor: descriptor, path: path)
  }

  private static func words(_ failure: FolderAccess.Failure) -> String {
    switch failure {
    case .leftOut(.outside): "is a link that leads out of the folder"
    case .leftOut: "is no document"
    case .unreadable(let number):
      "cannot be read: \(unsafe String(cString: strerror(number)).lowercased())"
    }
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
