import JSON
package import Jobs

/// Where jobs come from, read from front to back without ever holding more than a piece of it.
package enum InputSource: Sendable {
  case file(InputFile)
  case pipe(InputFile)
  case folder(DocumentFolder)
  /// A queue, to which others add.
  case queue

  /// Images in base64 make lines of 20 MB, and providers refuse requests far below this, in bytes.
  static let longestOfAll = 64 << 20
  /// The longest line that can be a job, in bytes.
  package static let longestLine = AllowedMemory.forLine(most: longestOfAll)

  /// The lines from a place on: those of a file or pipe, or for each document one that names it.
  ///
  /// - Parameters:
  ///   - offset: in a file, of the first line.
  ///   - line: its number, from 1.
  package func lines(from offset: Int = 0, line: Int = 1) -> InputLines {
    InputLines(self, offset: offset, line: line)
  }

  var isPipe: Bool { if case .pipe = self { true } else { false } }
}

extension RunInput {
  /// The lines from a place on, of a table those that its rows make.
  ///
  /// - Parameters:
  ///   - offset: in a file, of the first line; 0 for the first of all.
  ///   - line: its number, from 1.
  ///   - row: the number of its row, from 1.
  func lines(from offset: Int = 0, line: Int = 1, row: Int = 1) -> InputLines {
    InputLines(source, table, offset: offset, line: line, row: row)
  }
}

/// The lines of an input, in pieces of those that are there without a wait.
package struct InputLines: AsyncSequence, AsyncIteratorProtocol {
  /// Bytes of a file in one piece, and documents of a folder.
  private static let (bytes, documents) = (1 << 20, 256)

  private let source: InputSource
  private var splitter: LineSplitter
  private let table: Table?
  private var records: RecordSplitter?
  private var rows: RowCount
  /// Bytes of a pipe before the first row of its table.
  private var header = 0
  private var position: Int
  private var listing: DocumentFolder.AsyncIterator?
  private var listed = 0
  private var isOver = false

  init(_ source: InputSource, _ table: Table? = nil, offset: Int, line: Int, row: Int = 1) {
    self.source = source
    self.table = table
    let isAtStart = offset == 0
    position = isAtStart ? table?.start ?? 0 : offset
    splitter = LineSplitter(longest: InputSource.longestLine, offset: offset, number: line)
    records = table?.splitter(
      offset: position,
      line: isAtStart ? table?.firstLine ?? line : line
    )
    rows = RowCount(next: row)
    header = source.isPipe ? table?.start ?? 0 : 0
    if case .folder(let folder) = source { listing = folder.makeAsyncIterator() }
  }

  package func makeAsyncIterator() -> InputLines { self }

  /// The next lines; none where a piece of the input completes no line.
  ///
  /// - Throws: ``StoreError`` when the input cannot be read.
  package mutating func next() async throws -> [LineSplitter.Line]? {
    guard !isOver else { return nil }
    switch source {
    case .queue: return nil
    case .folder: return try await nextDocuments()
    case .file(let file) where table != nil:
      let bytes = try await file.read(at: position, count: Self.bytes)
      position += bytes.count
      return split(bytes, isLast: bytes.count < Self.bytes)
    case .file(let file):
      let (bytes, isLast) = try await nextLines(of: file)
      return split(bytes, isLast: isLast)
    case .pipe(let pipe):
      let bytes = try await pipe.readNext(count: Self.bytes)
      let rest = bytes.dropFirst(header)
      header -= bytes.count - rest.count
      return split(Array(rest), isLast: bytes.isEmpty)
    }
  }

  /// Whole lines of a file, so that a long one lies in memory once and does not grow there; what is
  /// too long is passed over.
  private mutating func nextLines(
    of file: InputFile
  ) async throws -> (bytes: [UInt8], isLast: Bool) {
    let bytes = try await file.read(at: position, count: Self.bytes)
    let isLast = bytes.count < Self.bytes
    if let newline = bytes.lastIndex(of: UInt8(ascii: "\n")), !isLast {
      position += newline + 1
      return (Array(bytes[...newline]), false)
    }
    guard !isLast else { return (bytes, true) }
    var end = position + bytes.count
    while true {
      let more = try await file.read(at: end, count: Self.bytes)
      let newline = more.firstIndex(of: UInt8(ascii: "\n"))
      end += newline.map { $0 + 1 } ?? more.count
      guard newline == nil, more.count == Self.bytes else { break }
    }
    defer { position = end }
    let length = end - position
    guard length > InputSource.longestLine else {
      let line = try await file.read(at: position, count: length)
      return (line, line.last != UInt8(ascii: "\n"))
    }
    splitter.skip(length - 1)
    let last = try await file.read(at: end - 1, count: 1)
    return (last, last.last != UInt8(ascii: "\n"))
  }

  private mutating func split(_ bytes: [UInt8], isLast: Bool) -> [LineSplitter.Line] {
    var lines: [LineSplitter.Line] = []
    if let table {
      records?.take(bytes) { lines.append(rows.line(of: $0, in: table)) }
      isOver = isLast
      if isLast { records?.finish { lines.append(rows.line(of: $0, in: table)) } }
      return lines
    }
    splitter.take(bytes) { lines.append($0) }
    isOver = isLast
    if isLast, let last = splitter.finish() { lines.append(last) }
    return lines
  }

  private mutating func nextDocuments() async throws -> [LineSplitter.Line] {
    var lines: [LineSplitter.Line] = []
    while lines.count < Self.documents, let document = try await listing?.next() {
      var line: [UInt8] = []
      line.appendJSON(document.path)
      line.append(UInt8(ascii: "\n"))
      listed += 1
      lines.append(
        LineSplitter.Line(
          bytes: line[...],
          offset: 0,
          length: line.count,
          number: listed,
          version: document.version
        )
      )
    }
    isOver = lines.count < Self.documents
    return lines
  }
}
