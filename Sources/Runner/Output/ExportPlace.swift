package import Jobs

/// The file that an export is to become: a new one, or one that an earlier export of the same batch
/// wrote and nobody has changed since.
package struct ExportPlace: Sendable {
  package let path: String
  private let record: ExportRecord
  private let isForced: Bool

  /// - Parameters:
  ///   - batch: path of the batch file.
  ///   - isForced: whether any other file may be replaced too.
  package init(_ path: String, batch: String, isForced: Bool) {
    self.path = path
    self.isForced = isForced
    record = ExportRecord(batch: batch)
  }

  /// Whether there is a file that may be replaced.
  ///
  /// - Throws: ``StoreError`` where what is there must stay.
  func mayOverwrite() throws(StoreError) -> Bool {
    let kind = FileKind(at: path)
    // That of a batch without failed jobs is empty too.
    let isFree =
      FileKind.size(at: path) == 0
      && BatchNames.showing(path).allSatisfy { FileKind(at: $0) == .absent }
    let isOurs = kind == .regular && (isFree || record.holds(path))
    if let refusal = Self.refusal(of: path, kind, isOurs: isOurs, isForced: isForced) {
      throw refusal
    }
    return kind == .regular
  }

  /// Why an export must not take a name; nil where it may.
  ///
  /// - Parameters:
  ///   - isOurs: whether an earlier export wrote the file, or it is empty.
  ///   - isForced: whether a file of somebody else may be replaced; nothing but a file ever is.
  package static func refusal(
    of path: String,
    _ kind: FileKind,
    isOurs: Bool,
    isForced: Bool
  ) -> StoreError? {
    if let refusal = kind.refusal(at: path) { return refusal }
    guard kind == .regular, !isOurs, !isForced else { return nil }
    return StoreError(
      .notWritable,
      "there is a file already, and it is not an earlier export of this batch, or was changed since; "
        + "nothing was written",
      at: path,
      next: "choose another name, or add --force to replace the file"
    )
  }

  /// Lets the next export know a file that is written whole, whatever name it has yet.
  func note(_ file: OutputFile) { record.note(file) }
}
