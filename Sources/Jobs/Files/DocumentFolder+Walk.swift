/// Every document in the order of its path, a folder at a time.
extension DocumentFolder: AsyncSequence {
  /// A document that was found.
  package struct Document: Sendable {
    /// Its path below the folder, as ``DocumentName`` writes it.
    package let path: String
    /// What tells one version of it from another.
    package let version: UInt64
  }

  /// Walks the folders as they are asked for; at the end what was left out is told, once.
  package struct AsyncIterator: AsyncIteratorProtocol {
    private let folder: DocumentFolder
    /// The folders that are being visited, each within the one before.
    private var open: [Visit] = []
    /// The folders that links have led to.
    private var linked: Set<FileID> = []
    private var leftOut = LeftOut()
    private var isEmpty = true
    private var isStarted = false

    init(_ folder: DocumentFolder) { self.folder = folder }

    /// - Throws: ``StoreError`` `.inputMissing` when a folder cannot be listed.
    package mutating func next() async throws -> Document? {
      if !isStarted { try await enter("", isLink: false) }
      isStarted = true
      while var visit = open.popLast() {
        guard let entry = visit.entries.popFirst() else { continue }
        open.append(visit)
        let path = visit.path.isEmpty ? entry.name : visit.path + "/" + entry.name
        if entry.isFolder {
          try await enter(path, isLink: entry.isLink)
        } else if folder.pattern?.matches(path) ?? true {
          guard !Self.holdsLines(path) else {
            leftOut.note(.lines, path)
            continue
          }
          let version = try await folder.queue.run { [folder] in folder.version(of: path, entry) }
          guard let version else {
            leftOut.note(.own, path)
            continue
          }
          isEmpty = false
          return Document(path: path, version: version)
        }
      }
      guard !isEmpty || !leftOut.has(.lines) else {
        throw StoreError(
          .inputMissing,
          "this folder has no documents, but files of lines of JSON",
          at: folder.root,
          next: LeftOut.linesAdvice
        )
      }
      folder.rules.notice.tell(leftOut.text(of: folder.root))
      return nil
    }

    /// Whether a name says that the file has a job in each line, as inputs and exports do.
    private static func holdsLines(_ path: String) -> Bool {
      [".jsonl", ".ndjson"].contains { path.lowercased().hasSuffix($0) }
    }

    /// A link back to a folder that leads here is not followed, nor a second one to the same folder:
    /// a few folders that link to each other would make documents without end.
    private mutating func enter(_ path: String, isLink: Bool) async throws {
      let (listing, noted) = try await folder.queue.run { [folder, leftOut] in
        var leftOut = leftOut
        return (try folder.list(path, &leftOut), leftOut)
      }
      let isCircle =
        open.contains { $0.id == listing.id } || (isLink && !linked.insert(listing.id).inserted)
      guard !isCircle else { return leftOut.note(.circle, path) }
      leftOut = noted
      open.append(Visit(path: path, id: listing.id, entries: listing.entries))
    }

    private struct Visit {
      let path: String
      let id: FileID
      var entries: ArraySlice<FolderListing.Entry>
    }
  }

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
