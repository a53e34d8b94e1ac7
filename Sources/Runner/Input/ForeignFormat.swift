package import Jobs

/// A kind of file that is no lines of JSON, and what makes lines of JSON of it; a pure value.
package struct ForeignFormat: Sendable, Equatable {
  /// What a command makes of a file.
  enum Product {
    case lines
    case table
    /// A folder of documents.
    case folder
    /// What the file holds, packed or written otherwise.
    case same
  }

  /// As in "the input is CSV".
  package let name: String
  /// A command that reads the file at its standard input and writes lines of JSON, or one that names
  /// `FILE` and `OUT`; empty where nobody can tell.
  package let command: String
  /// What the command makes.
  let product: Product
  /// How it is read as it is, where that is stated.
  private let format: InputFormat?

  init(
    _ name: String,
    _ command: String,
    makes product: Product = .lines,
    readAs format: InputFormat? = nil
  ) {
    self.format = format
    self.name = name
    self.command = command
    self.product = product
  }

  /// What the user is told.
  ///
  /// - Parameters:
  ///   - input: the file as the user named it; nil for a pipe.
  ///   - isTaken: whether there is a file of a name, which the command must not write over.
  /// - Returns: an error of the kind `.inputMissing`.
  package func error(of input: String?, isTaken: (String) -> Bool) -> StoreError {
    guard self != .jobFile else {
      return error(
        "the name of a job file ends in .yaml or .yml",
        at: input ?? "standard input",
        next: "give it such a name, and run it"
      )
    }
    if self == .database {
      return error(
        "nothing says which of its rows are the jobs",
        at: input ?? "standard input",
        next: (input == nil ? "give it as a file, and " : "")
          + "add --sql 'SELECT id, prompt FROM prompts', or name a table as in prompts.db?prompts"
      )
    }
    if let format {
      return error(
        "only a table that is said to be one is read as one",
        at: input ?? "standard input",
        next: "add --input-format \(format.rawValue)"
          + (input == nil ? "" : ", or give it a name that ends in .\(format.rawValue)")
      )
    }
    guard !command.isEmpty else {
      let line = #"{"id": "1", "prompt": "…"}"#
      let place = input ?? "standard input"
      return error("make a line like \(line) of each job", at: place, next: "give such lines")
    }
    let isFilter = !command.contains("FILE")
    guard let input else {
      let advice =
        isFilter
        ? "put `\(command)` before nightjar in the pipe"
        : "write it to a file, and convert that with `\(filled("input", "prompts"))`"
      return error(advice, at: "standard input", next: "run the pipe again that way")
    }
    let out = output(of: input, isTaken)
    let line =
      isFilter
      ? "\(command) < \(quoted(input)) > \(quoted(out))" : filled(quoted(input), quoted(out))
    let whole =
      self == .plainText ? " (a prompt for each line; for one of each file give its folder)" : ""
    return error("convert it with `\(line)`", at: input, next: "give \(out) as the input\(whole)")
  }

  private func error(_ advice: String, at place: String, next: String) -> StoreError {
    StoreError(
      .inputMissing,
      "the input is \(name), not lines of JSON: \(advice)",
      at: place,
      next: "\(next); nothing was sent, and no file was made"
    )
  }

  private func filled(_ file: String, _ out: String) -> String {
    command.replacing("FILE", with: file).replacing("OUT", with: out)
  }

  /// A name for the converted file that nothing has yet, without the ending of the format.
  private func output(of input: String, _ isTaken: (String) -> Bool) -> String {
    var base = input[...]
    let file = input.lastIndex(of: "/").map { input.index(after: $0) } ?? input.startIndex
    if let dot = base.lastIndex(of: "."), dot > file, product != .same || !Self.isOfInputs(base) {
      base = base[..<dot]
    }
    let ending = ending(of: base)
    if base.hasSuffix(ending), !ending.isEmpty { base = base.dropLast(ending.count) }
    let names = [String(base), "\(base)-converted"] + (2...9).map { "\(base)-converted-\($0)" }
    let free = names.first { !isTaken($0 + ending) && $0 + ending != input }
    return (free ?? "\(base)-converted") + ending
  }

  /// Endings by which an input is known.
  private static let endings = [".jsonl", ".ndjson", ".csv", ".tsv"]

  private static func isOfInputs(_ name: Substring) -> Bool {
    endings.contains(where: name.hasSuffix)
  }

  private func ending(of name: Substring) -> String {
    switch product {
    case .folder: ""
    case .table: ".csv"
    case .lines: ".jsonl"
    case .same: Self.endings.first(where: name.hasSuffix) ?? ".jsonl"
    }
  }

  /// A name as a shell takes it.
  private func quoted(_ name: String) -> String {
    let isPlain = name.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,=@%".contains($0))
    }
    return isPlain && !name.hasPrefix("-")
      ? name : "'" + name.replacing("'", with: #"'\''"#) + "'"
  }
}

// What a file's first bytes say.
extension ForeignFormat {
  /// The formats that begin with bytes of their own.
  static func binary(_ head: ArraySlice<UInt8>) -> ForeignFormat? {
    if head.starts(with: zip) {
      return office.first { String(decoding: head, as: UTF8.self).contains($0.part) }?.format
        ?? archive
    }
    if head.dropFirst(257).starts(with: "ustar".utf8) { return tape }
    return magic.first { head.starts(with: $0.start) }?.format ?? utf16(head)
  }

  private static let magic: [(start: [UInt8], format: ForeignFormat)] = [
    ([0x1F, 0x8B], ForeignFormat("a gzip file", "gunzip -c", makes: .same)),
    ([0x28, 0xB5, 0x2F, 0xFD], ForeignFormat("a zstd file", "zstd -dc", makes: .same)),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], ForeignFormat("an xz file", "xz -dc", makes: .same)),
    (Array("ARROW1".utf8), pandas("an Arrow file", "read_feather")),
    (Array("BZh".utf8), ForeignFormat("a bzip2 file", "bzip2 -dc", makes: .same)),
    ([0x04, 0x22, 0x4D, 0x18], ForeignFormat("an lz4 file", "lz4 -dc", makes: .same)),
    (
      Array("PAR1".utf8),
      pandas("a Parquet file", "read_parquet")
    ),
    (
      Array("SQLite format 3\0".utf8),
      database
    ),
    (Array("%PDF-".utf8), document("a PDF")),
    ([0x89] + "PNG\r\n".utf8, document("a PNG image")),
    ([0xFF, 0xD8, 0xFF], document("a JPEG image")),
    ([0xD0, 0xCF, 0x11, 0xE0], pandas("an old Excel workbook", "read_excel")),
    ([0xFF, 0xFE, 0, 0], encoded("UTF-32")), ([0, 0, 0xFE, 0xFF], encoded("UTF-32")),
    ([0xFF, 0xFE], encoded("UTF-16")), ([0xFE, 0xFF], encoded("UTF-16")),
  ]

  private static let database = ForeignFormat("an SQLite database", "")
  private static let zip = Array("PK\u{3}\u{4}".utf8)
  /// What ZIP archives are that hold a part of this name.
  private static let office: [(part: String, format: ForeignFormat)] = [
    ("xl/", pandas("an Excel workbook", "read_excel")),
    ("word/", pandoc("a Word document")), ("ppt/", pandoc("a presentation")),
    ("application/vnd.oasis.opendocument.text", pandoc("an OpenDocument text")),
    ("application/epub", pandoc("an e-book")),
  ]
  private static let tape = ForeignFormat(
    "a tar archive",
    "mkdir OUT && tar -xf FILE -C OUT",
    makes: .folder
  )
  private static let archive = ForeignFormat(
    "a ZIP archive",
    "unzip FILE -d OUT",
    makes: .folder
  )

  /// What a folder of documents may have in it.
  private static func document(_ name: String) -> ForeignFormat {
    ForeignFormat(name, "mkdir OUT && cp FILE OUT", makes: .folder)
  }

  private static func pandoc(_ name: String) -> ForeignFormat {
    ForeignFormat(name, "mkdir OUT && pandoc -t plain FILE -o OUT/text.txt", makes: .folder)
  }

  private static func pandas(_ name: String, _ function: String) -> ForeignFormat {
    ForeignFormat(
      name,
      "python3 -c 'import pandas, sys; pandas.\(function)(sys.argv[1])"
        + ".to_csv(sys.argv[2], index=False)' FILE OUT",
      makes: .table
    )
  }

  private static func encoded(_ encoding: String) -> ForeignFormat {
    ForeignFormat("\(encoding) text", "iconv -f \(encoding) -t UTF-8", makes: .same)
  }

  /// UTF-16 without a byte order mark: what text begins with has a zero in every other byte.
  private static func utf16(_ head: ArraySlice<UInt8>) -> ForeignFormat? {
    let start = Array(head.prefix(4))
    guard start.count == 4 else { return nil }
    switch (start[0] == 0, start[1] == 0, start[2] == 0, start[3] == 0) {
    case (false, true, false, true): return encoded("UTF-16LE")
    case (true, false, true, false): return encoded("UTF-16BE")
    default: return nil
    }
  }
}
