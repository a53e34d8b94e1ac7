import ArgumentParser
import Jobs
import KeySources
import Runner

/// How an input is read.
struct InputOptions: ParsableArguments {
  @Flag(
    help: """
      Read what links in a folder of documents lead to also outside it, though never the system's \
      own files, batches and keystores.
      """
  )
  var followLinks = false

  @Option(
    help: ArgumentHelp(
      "The member of plain lines that is the id, such as task_id (default id).",
      valueName: "name"
    )
  )
  var idField: String?

  @Option(
    help: ArgumentHelp(
      "How a file or pipe is written: jsonl, csv or tsv (default: by its name's ending, or jsonl).",
      valueName: "format"
    ),
    transform: InputFormat.init(flag:)
  )
  var inputFormat: InputFormat?

  @Option(
    help: ArgumentHelp(
      "The query whose rows are the jobs, where the input is an SQLite database.",
      valueName: "query"
    )
  )
  var sql: String?

  func validate() throws {
    guard idField != "" else { throw ValidationError("--id-field needs the name of a member") }
  }

  /// The input that a user names.
  ///
  /// - Parameters:
  ///   - withheld: files that are no documents, by whatever name.
  ///   - numbersRows: whether rows of a table have their number for an id where no column holds one.
  /// - Throws: ``StoreError`` when it cannot be read, or names no columns where it should.
  func input(
    named name: String,
    _ file: JobFile,
    withheld: [String],
    numbersRows: Bool
  ) async throws -> RunInput {
    let input = try RunInput(
      named: name,
      documents(file, withheld: withheld),
      sql: sql ?? file.sql,
      idField: idField ?? file.idField,
      notice: notice
    )
    if RunInput.isDatabase(name, sql ?? file.sql) {
      return try await input.table(.csv, numbersRows: numbersRows)
    }
    let stated = inputFormat ?? file.inputFormat
    guard let format = stated ?? InputFormat(ofName: name) else { return input }
    if stated != nil, case .folder = input.source {
      throw CLIError.usage(
        "the documents of a folder have no format in common",
        next: "leave --input-format (`input_format` in the job file) out"
      )
    }
    return try await input.table(format, numbersRows: numbersRows)
  }

  private var notice: OneNotice { OneNotice { Console.shared.note("warning: \($0)") } }

  private func documents(_ file: JobFile, withheld: [String]) -> DocumentRules {
    DocumentRules(
      followsLinks: followLinks || file.followsLinks,
      withheld: withheld,
      notice: notice
    )
  }
}

extension KeyReference {
  /// The file that the key is in; nil where it is elsewhere.
  var keyFile: String? {
    if case .file(let path, _) = self { return path }
    return nil
  }
}

extension InputFormat {
  /// Reads the value of a flag.
  ///
  /// - Throws: an error that says what is expected; the argument parser adds the flag.
  init(flag text: String) throws {
    guard let format = InputFormat(rawValue: text) else {
      throw ValidationError("it must be jsonl, csv or tsv")
    }
    self = format
  }
}
