import Glibc

/// Why a document cannot be used.
package struct DocumentError: Error, Sendable {
  /// The code of the job's refusal; those of all documents end alike.
  package let code: String
  /// What is wrong, in plain words.
  package let message: String

  package init(code: String = "unreadable_document", message: String) {
    self.code = code
    self.message = message
  }
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

/// A folder of documents, named by a path or by a pattern such as `documents/**/*.txt`.
package struct DocumentFolder: Sendable {
  /// The largest text, in bytes.
  package static let largest = 16 << 20
  /// The largest PDF or image, in bytes; providers take no larger ones.
  package static let largestAttached = 50 << 20

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
}
