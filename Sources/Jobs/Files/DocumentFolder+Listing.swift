import Glibc

/// What one folder among the documents holds.
struct FolderListing: Sendable {
  struct Entry: Sendable {
    let name: String
    let isFolder: Bool
    let isLink: Bool
    let version: UInt64
  }

  let id: FileID
  let entries: ArraySlice<Entry>
}

extension DocumentFolder {
  /// The entries of a folder by name; symbolic links count as what they lead to.
  ///
  /// - Throws: ``StoreError`` `.inputMissing`.
  func list(_ folder: String, _ leftOut: inout LeftOut) throws(StoreError) -> FolderListing {
    let found: FolderAccess.Found
    do throws(FolderAccess.Failure) {
      found = try access.find(DocumentName.bytes(of: folder))
    } catch {
      throw unlistable(folder, error)
    }
    let names = try names(in: found, folder)
    let all = Set(names)
    let withheld = rules.withheldIDs
    var entries: [FolderListing.Entry] = []
    for name in names where isVisible(name) {
      let path = folder.isEmpty ? name : folder + "/" + name
      do throws(FolderAccess.Failure) {
        let item = try examine(path)
        let isFolder = item.kind == .folder
        let isOwn = {
          withheld.contains(item.id) || isOfBatch(name, among: all, item.place)
            || isBesideBatch(name, in: folder, among: all)
        }
        if !isFolder, item.kind != .regular { throw .leftOut(.special) }
        if !isFolder, isOwn() { throw .leftOut(.own) }
        let version = isFolder ? 0 : item.version
        entries.append(.init(name: name, isFolder: isFolder, isLink: item.isLink, version: version))
      } catch .leftOut(let reason) {
        leftOut.note(reason, path)
      } catch {
        // It becomes a job that fails and says why.
        entries.append(.init(name: name, isFolder: false, isLink: false, version: 0))
      }
    }
    return FolderListing(id: found.id, entries: entries.sorted { $0.name < $1.name }[...])
  }

  private struct Item {
    let kind: FileKind
    let id: FileID
    let isLink: Bool
    let version: UInt64
    /// Where a link really leads; nil for what is none.
    let place: [UInt8]?
  }

  /// What a name stands for; only links are opened, to see where they lead.
  private func examine(_ path: String) throws(FolderAccess.Failure) -> Item {
    let bytes = Array(root.utf8) + [UInt8(ascii: "/")] + DocumentName.bytes(of: path)
    var information = stat()
    guard unsafe lstat(bytes.map { CChar(bitPattern: $0) } + [0], &information) == 0 else {
      throw .unreadable(errno)
    }
    let kind = FileKind(mode: information.st_mode)
    guard kind == .link else { return Self.item(information, place: nil) }
    let found = try access.find(DocumentName.bytes(of: path))
    return Self.item(found.information, place: found.path)
  }

  /// What tells one version of a document from another: a hash of what it holds, so that a copy is the
  /// same; of one that cannot be sent, of its size and the time of its last change.
  ///
  /// - Returns: nil for a keystore, an identity, a batch or an audit log.
  func version(of path: String, _ entry: FolderListing.Entry) -> UInt64? {
    guard let file = try? opened(path), let size = try? file.identity().size,
      let bytes = try? size <= Self.largestAttached ? file.bytes(size + 1, at: 0) : file.head()
    else { return entry.version }
    guard SecretText.kind(of: bytes) == nil else { return nil }
    return size <= Self.largestAttached ? JobMark.hash(bytes[...]) : entry.version
  }

  private func head(of path: String) -> [UInt8]? { try? opened(path).head() }

  private static func item(_ information: stat, place: [UInt8]?) -> Item {
    Item(
      kind: FileKind(mode: information.st_mode),
      id: FileID(information),
      isLink: place != nil,
      version: version(information),
      place: place
    )
  }

  private func isVisible(_ name: String) -> Bool {
    !name.hasPrefix(".") || (pattern?.namesHidden == true && name != "." && name != "..")
  }

  private func isOfBatch(_ name: String, among names: Set<String>, _ place: [UInt8]?) -> Bool {
    let ours = rules.withheld.compactMap { $0.split(separator: "/").last }
    if BatchNames.contain(name, exists: names.contains) { return true }
    if ours.contains(where: { BatchNames.contain(name, beside: String($0)) }) { return true }
    guard let place else { return false }
    let path = String(decoding: place, as: UTF8.self)
    return BatchNames.contain(path) { FileKind(at: $0) != .absent }
  }

  /// Whether a file has the name of one that lies beside a batch, and the batch is there.
  private func isBesideBatch(
    _ name: String,
    in folder: String,
    among names: Set<String>
  ) -> Bool {
    BatchNames.batches(beside: name).contains { batch in
      let path = folder.isEmpty ? batch : folder + "/" + batch
      return names.contains(batch) && head(of: path).map(SecretText.isDatabase) ?? false
    }
  }

  private func names(
    in folder: FolderAccess.Found,
    _ path: String
  ) throws(StoreError) -> [String] {
    let descriptor = folder.open(O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0, let directory = unsafe fdopendir(descriptor) else {
      throw unlistable(path, .unreadable(errno))
    }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      names.append(
        unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
          unsafe DocumentName.text(of: Array($0.prefix { $0 != 0 }))
        }
      )
    }
    return names
  }

  private func unlistable(_ folder: String, _ failure: FolderAccess.Failure) -> StoreError {
    let reason =
      switch failure {
      case .unreadable(let number): unsafe String(cString: strerror(number)).lowercased()
      case .leftOut(.system): "this is no folder of files, but one that the system makes up"
      case .leftOut: "it is a link that leads out of the folder"
      }
    return StoreError(
      .inputMissing,
      "cannot list the documents: \(reason)",
      at: folder.isEmpty ? root : root + "/" + folder,
      next: "check the name and the permissions, then run the same command"
    )
  }

  private static func version(_ file: stat) -> UInt64 {
    let facts = "\(file.st_size) \(file.st_mtim.tv_sec) \(file.st_mtim.tv_nsec)"
    return JobMark.hash([UInt8](facts.utf8)[...])
  }
}
