package import Jobs

/// Where jobs come from.
package struct RunInput: Sendable {
  package let source: InputSource
  /// The input as the user named it.
  package let name: String
  /// Its absolute path; "-" for a pipe.
  package let path: String

  /// The member of plain lines that is the id, where it is not `id`.
  package let idField: String?
  /// What it holds, where that is no lines.
  package let table: Table?
  /// Hears that lines have no id.
  let notice: OneNotice
  /// Where the files lie that lines name; nil where lines may name none.
  package let files: DocumentFolder?

  package init(
    source: InputSource,
    name: String,
    path: String,
    idField: String? = nil,
    table: Table? = nil,
    notice: OneNotice = OneNotice { _ in },
    files: DocumentFolder? = nil
  ) {
    self.files = files
    self.idField = idField
    self.table = table
    self.notice = notice
    self.source = source
    self.name = name
    self.path = path
  }

  /// What a file or pipe is that holds no lines of JSON, by how it begins; nil for one that may.
  ///
  /// - Throws: ``StoreError`` when it cannot be read.
  package func foreignFormat() async throws -> ForeignFormat? {
    guard let file = text, table == nil else { return nil }
    var head = InputHead.undecided
    try await file.peek(atMost: InputSource.longestLine) { bytes, isWhole in
      head = InputHead(bytes, isWhole: isWhole)
      return head != .undecided
    }
    if case .foreign(let format) = head { return format }
    return nil
  }

  /// Whether a file or pipe has no line that is not blank, or a folder no document.
  ///
  /// - Throws: ``StoreError`` when it cannot be read.
  package func isBlank() async throws -> Bool {
    if case .folder(let folder) = source {
      var documents = folder.makeAsyncIterator()
      return try await documents.next() == nil
    }
    guard let file = text else { return false }
    var isBlank = true
    try await file.peek(atMost: InputSource.longestLine) { bytes, isWhole in
      let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
      isBlank = bytes.dropFirst(table?.start ?? (isMarked ? 3 : 0)).isBlankLine
      return !isBlank
    }
    return isBlank
  }

  /// The first line of a file or pipe that is not blank; a pipe gives it again when it is read.
  ///
  /// - Throws: ``StoreError`` when it cannot be read.
  func firstLine() async throws -> ArraySlice<UInt8>? {
    var first: ArraySlice<UInt8>?
    try await text?.peek(atMost: InputSource.longestLine) { bytes, isWhole in
      first = lines(within: bytes, isWhole: isWhole).first?.bytes
      return first != nil
    }
    return first?.content
  }

  /// The lines that are no blank ones and that the beginning of the input holds whole.
  ///
  /// - Parameter isWhole: whether that is all of it.
  func lines(within head: [UInt8], isWhole: Bool = false) -> [LineSplitter.Line] {
    var lines: [LineSplitter.Line] = []
    if let table {
      lines = table.lines(within: head, isWhole: isWhole)
    } else {
      var splitter = LineSplitter(longest: InputSource.longestLine)
      splitter.take(head) { lines.append($0) }
      if isWhole, let last = splitter.finish() { lines.append(last) }
    }
    return lines.filter { $0.isOversized || !$0.bytes.isBlankLine }
  }

  /// The same input as a table, by its first line; as it is where it is none, as an archive, or blank.
  ///
  /// - Parameters:
  ///   - format: how its rows are written.
  ///   - numbersRows: whether rows have their number for an id where no column holds one.
  /// - Throws: ``StoreError`` where the first line names no columns that can be used, or the input
  ///   cannot be read.
  package func table(_ format: InputFormat, numbersRows: Bool) async throws -> RunInput {
    guard let file = text, format != .jsonl else { return self }
    var found: Result<Table?, TableError> = .success(nil)
    try await file.peek(atMost: Table.longestHeader) { head, isWhole in
      guard InputHead.isText(head) else { return true }
      found = Result { () throws(TableError) in
        try Table(
          head: head,
          isWhole: isWhole,
          separators: format.separators,
          idField: idField,
          numbersRows: numbersRows
        )
      }
      if case .success(nil) = found { return false }
      return true
    }
    do throws(TableError) {
      let table = try found.get()
      return RunInput(
        source: source,
        name: name,
        path: path,
        idField: idField,
        table: table,
        notice: notice,
        files: files
      )
    } catch {
      throw error.error(at: name)
    }
  }

  /// Whether the first line is a whole request, which the settings of a run do not touch.
  ///
  /// - Throws: ``StoreError`` when it cannot be read.
  package func beginsWithBatchLine() async throws -> Bool {
    guard let line = try await firstLine() else { return false }
    return (try? InputLine.parse(line.span, idField: idField))?.isPrompt == false
  }

  /// Whether the first line names files, which go beside its prompt.
  ///
  /// - Throws: ``StoreError`` when it cannot be read.
  package func beginsWithFiles() async throws -> Bool {
    guard let line = try await firstLine(),
      case .plain(let fields) = (try? InputLine.parse(line.span, idField: idField))?.shape
    else { return false }
    return fields.files != nil
  }

  /// Tells the user, once, where ids come from that the input does not give.
  func tell(unnamed: Int) {
    guard unnamed > 0 else { return }
    let field = idField ?? "id"
    let what =
      unnamed == 1
      ? "1 line of \(name) has no \(field), and gets an id from what it holds"
      : "\(unnamed) lines of \(name) have no \(field), and get ids from what they hold"
    notice.tell(
      "\(what) (content-…); --id-field (`id_field` in the job file) names the member that is the id"
    )
  }

  /// What holds lines.
  private var text: InputFile? {
    switch source {
    case .file(let file), .pipe(let file): file
    case .folder, .queue: nil
    }
  }

  var file: InputFile? {
    if case .file(let file) = source { return file }
    return nil
  }

  /// Lets nobody wait any longer for a pipe to say more.
  func stopWaiting() {
    if case .pipe(let pipe) = source { pipe.stopWaiting() }
  }

  /// True where jobs come by a queue that others share.
  var isQueue: Bool { batchInput.kind == .queue }

  var batchInput: BatchInput {
    switch source {
    case .file: BatchInput(kind: .file, path: path)
    case .pipe: BatchInput(kind: .pipe, path: path)
    case .folder: BatchInput(kind: .folder, path: path)
    case .queue: BatchInput(kind: .queue, path: "")
    }
  }
}
