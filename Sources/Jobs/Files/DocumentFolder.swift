import Glibc

/// Why a document cannot be used.
package struct DocumentError: Error, Sendable {
  /// What is wrong, in plain words.
  package let message: String
}

/// A folder of text documents, named by a path or by a pattern such as `documents/*.txt`.
package struct DocumentFolder: Sendable {
  /// The largest document, in bytes.
  package static let largest = 16 << 20

  /// The folder that paths are relative to.
  package let root: String
  fileprivate let pattern: String?
  fileprivate let queue = BlockingQueue(label: "nightjar.documents")

  /// - Parameter path: a folder, whose every visible file is a document, or a pattern with `*`,
  ///   `?` or `[…]` (glob(7)), which matches paths below the last folder without any of them.
  package init(_ path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let plain = parts.prefix { !$0.contains { "*?[".contains($0) } }
    let root = plain.joined(separator: "/")
    pattern = plain.count == parts.count ? nil : parts[plain.count...].joined(separator: "/")
    self.root = plain.isEmpty ? "." : root.isEmpty ? "/" : root
  }

  /// True when `path` is a pattern rather than the name of a file or folder.
  package static func isPattern(_ path: String) -> Bool {
    path.contains { "*?[".contains($0) }
  }

  /// The visible entries of a folder by name; symbolic links count as what they point at.
  fileprivate func list(_ folder: String) throws(StoreError) -> [Entry] {
    let path = folder.isEmpty ? root : root + "/" + folder
    guard let directory = unsafe opendir(path) else {
      throw StoreError(
        .inputMissing,
        "cannot list the documents: \(unsafe String(cString: strerror(errno)).lowercased())",
        at: path,
        next: "check the name and the permissions, then run the same command"
      )
    }
    defer { unsafe closedir(directory) }
    var entries: [Entry] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(".") { continue }
      var information = stat()
      let isKnown = unsafe stat(path + "/" + name, &information) == 0
      let kind = information.st_mode & S_IFMT
      guard !isKnown || kind == S_IFDIR || kind == S_IFREG else { continue }
      entries.append(
        Entry(
          name: name,
          isFolder: isKnown && kind == S_IFDIR,
          version: isKnown ? Self.version(information) : 0
        )
      )
    }
    return entries.sorted { $0.name < $1.name }
  }

  fileprivate struct Entry {
    let name: String
    let isFolder: Bool
    let version: UInt64
  }

  private static func version(_ file: stat) -> UInt64 {
    let facts = "\(file.st_size) \(file.st_mtim.tv_sec) \(file.st_mtim.tv_nsec)"
    return JobMark.hash([UInt8](facts.utf8)[...])
  }

  /// How many bytes each document has; 0 for one that is not there.
  package func sizes(of paths: [String]) async -> [Int] {
    let sizes = try? await queue.run {
      paths.map { path in
        var information = stat()
        return unsafe stat(root + "/" + path, &information) == 0 ? Int(information.st_size) : 0
      }
    }
    return sizes ?? paths.map { _ in 0 }
  }

  /// The text of a document, UTF-8.
  ///
  /// - Throws: ``DocumentError`` when it cannot be read, is empty, too large or not UTF-8.
  package func text(of path: String) async throws(DocumentError) -> [UInt8] {
    let bytes: [UInt8]
    do {
      let file = try InputFile(path: root + "/" + path)
      bytes = try await file.read(at: 0, count: Swift.min(Self.largest, file.identity().size) + 1)
    } catch let error as StoreError {
      throw DocumentError(message: error.message)
    } catch {
      throw DocumentError(message: "cannot be read")
    }
    guard bytes.count <= Self.largest else {
      throw DocumentError(message: "is larger than \(Self.largest >> 20) MiB; split it")
    }
    guard let text = try? UTF8Span(validating: bytes.span) else {
      throw DocumentError(message: "is not UTF-8 text; convert it first")
    }
    guard !Self.isBlank(text) else { throw DocumentError(message: "is empty") }
    return bytes
  }

  private static func isBlank(_ text: borrowing UTF8Span) -> Bool {
    var scalars = text.makeUnicodeScalarIterator()
    while let scalar = scalars.next() {
      if !scalar.properties.isWhitespace { return false }
    }
    return true
  }
}

/// Every document in the order of its path, a folder at a time.
extension DocumentFolder: AsyncSequence {
  /// A document that was found.
  package struct Document: Sendable {
    /// Its path below the folder.
    package let path: String
    /// What tells one version of it from another: a hash of its size and the time of its last change.
    package let version: UInt64
  }

  /// Walks the folders as they are asked for.
  package struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let folder: DocumentFolder
    /// The folders that are being visited, each within the one before.
    private var open: [Visit] = []
    private var isStarted = false

    fileprivate init(_ folder: DocumentFolder) { self.folder = folder }

    /// - Throws: ``StoreError`` `.inputMissing` when a folder cannot be listed.
    package mutating func next() async throws -> Document? {
      if !isStarted { try await enter("") }
      isStarted = true
      while var visit = open.popLast() {
        guard let entry = visit.entries.popFirst() else { continue }
        open.append(visit)
        let path = visit.path.isEmpty ? entry.name : visit.path + "/" + entry.name
        if entry.isFolder {
          try await enter(path)
        } else if folder.matches(path) {
          return Document(path: path, version: entry.version)
        }
      }
      return nil
    }

    /// A link back to a folder that leads here is not followed.
    private mutating func enter(_ path: String) async throws {
      let id = FileID(path.isEmpty ? folder.root : folder.root + "/" + path)
      guard !open.contains(where: { $0.id == id }) else { return }
      let entries = try await folder.queue.run { [folder] in try folder.list(path) }
      open.append(Visit(path: path, id: id, entries: entries[...]))
    }

    private struct Visit {
      let path: String
      let id: FileID?
      var entries: ArraySlice<Entry>
    }
  }

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  private func matches(_ path: String) -> Bool {
    pattern.map { unsafe fnmatch($0, path, FNM_PATHNAME | FNM_PERIOD) == 0 } ?? true
  }
}
