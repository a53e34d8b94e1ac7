import FoundationEssentials
import Jobs
import Runner

extension RunInput {
  /// The input that a user names: a file, a folder, a pattern of documents, or `-`.
  ///
  /// - Parameters:
  ///   - rules: what of a folder is read.
  ///   - sql: which rows of a database are the jobs; nil for none.
  ///   - idField: the member of plain lines that is the id; nil for `id`.
  ///   - notice: hears of lines without one.
  /// - Throws: ``StoreError`` when the file cannot be read, ``CLIError`` where it has no name.
  init(
    named name: String,
    _ rules: DocumentRules,
    sql: String?,
    idField: String?,
    notice: OneNotice
  ) throws {
    guard !name.isEmpty else {
      throw CLIError.usage(
        "the input has no name",
        next: "name a file or folder, or - for standard input; is a variable in the command unset?"
      )
    }
    var (source, shown, path) = (InputSource.queue, name, name)
    if let database = try Self.database(name, sql) {
      path = URL(fileURLWithPath: database.path).standardizedFileURL.path
      (source, shown) = (.pipe(try database.pipe()), name)
    } else if name == "-" {
      (source, shown) = (.pipe(InputFile(standardInput: ())), "standard input")
    } else {
      path = URL(fileURLWithPath: name).standardizedFileURL.path
      var isFolder = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      if isFolder || (!exists && DocumentFolder.isPattern(name)) {
        let folder = DocumentFolder(path, rules)
        (source, shown) = (.folder(folder), folder.root)
      } else {
        source = .file(try InputFile(path: path))
      }
    }
    self.init(
      source: source,
      name: shown,
      path: path,
      idField: idField,
      notice: notice,
      files: Self.files(of: source, path, rules)
    )
  }

  /// The folder in which the files lie that lines name; nil where they may name none.
  ///
  /// It is that of their own file, or for a pipe the one in which the command was given. Links lead out
  /// of it for nobody.
  private static func files(
    of source: InputSource,
    _ path: String,
    _ rules: DocumentRules
  ) -> DocumentFolder? {
    var rules = rules
    rules.followsLinks = false
    switch source {
    case .file:
      return DocumentFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path, rules)
    case .pipe: return DocumentFolder(FileManager.default.currentDirectoryPath, rules)
    case .folder, .queue: return nil
    }
  }

  /// The rows of a database, where there is one of that name, or of what stands before its last `?`.
  ///
  /// - Throws: ``StoreError`` where they cannot be read, ``CLIError`` for a query without a database.
  private static func database(_ name: String, _ sql: String?) throws -> SQLiteTable? {
    if let sql {
      guard SQLiteTable.isDatabase(name) else {
        throw CLIError.usage(
          "--sql is for an SQLite database, which \(name) is not",
          next: "name the database's file alone, or leave --sql (`sql` in the job file) out"
        )
      }
      return try SQLiteTable(name, .sql(sql))
    }
    guard let mark = name.lastIndex(of: "?"), !FileManager.default.fileExists(atPath: name) else {
      return nil
    }
    let file = String(name[..<mark])
    guard SQLiteTable.isDatabase(file) else { return nil }
    return try SQLiteTable(file, .table(String(name[name.index(after: mark)...])))
  }

  /// Whether the rows of a database are read.
  static func isDatabase(_ name: String, _ sql: String?) -> Bool {
    sql != nil
      || name.lastIndex(of: "?").map { SQLiteTable.isDatabase(String(name[..<$0])) } ?? false
  }

  /// Where the batch lies of a run whose results go to standard output; nil for a pipe, which lies
  /// nowhere.
  var batchBeside: String? {
    switch source {
    case .file: path + ".batch"
    case .folder(let folder): folder.root + ".batch"
    case .pipe, .queue: nil
    }
  }

  /// Looks at how the input begins before anything is made or sent.
  ///
  /// - Throws: ``StoreError`` where it is no lines of JSON, with the command that makes some of it.
  func refuseForeignFormat() async throws {
    guard let format = try await foreignFormat() else { return }
    var name: String? = self.name
    if case .pipe = source { name = nil }
    throw format.error(of: name) { FileManager.default.fileExists(atPath: $0) }
  }

  /// Looks through the whole input before anything is done with it.
  ///
  /// - Parameter settings: what goes into the requests besides; nil where that is not known yet.
  /// - Throws: ``CLIError`` that names the first bad line.
  func refuseBadLines(_ settings: PromptSettings? = nil) async throws {
    guard case .file = source else {
      throw CLIError.usage(
        "--strict reads the input twice, which needs a file",
        next: "give a .jsonl file, or leave --strict out"
      )
    }
    let (count, first) = try await JobReader.check(self, settings: settings)
    guard let first else { return }
    throw CLIError(
      "the input has \(count) bad \(count == 1 ? "line" : "lines"); nothing was sent",
      at: first,
      next: "correct them, or leave --strict out: only they will fail",
      exitCode: 65
    )
  }
}
