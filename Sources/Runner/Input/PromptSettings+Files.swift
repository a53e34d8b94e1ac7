import JSON

extension PromptSettings {
  /// As many as a request may have at any provider.
  private static let mostFiles = 100

  /// The files that a line brings beside its prompt, as it names them; none where `files` is a field of
  /// the template, or of no use.
  ///
  /// - Throws: an ``InputLineError`` for what is no list of paths below a folder.
  func files(
    of source: InputLine.Shape,
    in line: Span<UInt8>
  ) throws(InputLineError) -> [String] {
    guard case .plain(let fields) = source, let token = fields.files,
      template?.names.contains("files") != true, !ignoredFields.contains("files")
    else { return [] }
    let list = try? JSONValue(parsing: Array(token.source(in: line).utf8))
    // A cell of a table holds one path, or none.
    if let path = list?.string { return path.isEmpty ? [] : [try Self.inside(path)] }
    let paths = list?.elements?.compactMap(\.string)
    guard let paths, paths.count == list?.elements?.count, !paths.contains("") else {
      throw InputLineError(message: "files is no list of paths")
    }
    guard paths.count <= Self.mostFiles else {
      throw InputLineError(message: "has \(paths.count) files; \(Self.mostFiles) is the most")
    }
    return try paths.map { path throws(InputLineError) in try Self.inside(path) }
  }

  /// What a line names leaves this machine, so it names nothing but what lies beside it.
  private static func inside(_ path: String) throws(InputLineError) -> String {
    guard path.hasPrefix("/") || path.contains("\0") || path.split(separator: "/").contains("..")
    else { return path }
    throw InputLineError(
      message: "names the file \(path.debugDescription); paths of `files` begin at the folder of "
        + "the input, and lead nowhere else"
    )
  }
}
