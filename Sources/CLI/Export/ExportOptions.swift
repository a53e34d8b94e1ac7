import ArgumentParser
import Runner

/// How an export writes results.
struct ExportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "jsonl, csv, tsv or text (default: by the ending of the output's name, or jsonl).",
      valueName: "format"
    ),
    transform: Self.format
  )
  var format: ExportFormat?

  @Option(
    help: ArgumentHelp(
      "What to tell of each result, separated by commas.",
      valueName: "name,name,…"
    )
  )
  var fields: String?

  @Flag(help: "Put the fields of the input's line before the answer, in the order of the input.")
  var join = false

  @Option(
    help: ArgumentHelp(
      "For --join, how the input is written: jsonl, csv or tsv (default: by its name's ending).",
      valueName: "format"
    ),
    transform: InputFormat.init(flag:)
  )
  var inputFormat: InputFormat?

  private static func format(_ text: String) throws -> ExportFormat {
    guard let format = ExportFormat(rawValue: text) else {
      throw ValidationError("it must be jsonl, csv, tsv or text")
    }
    return format
  }

  func validate() throws {
    guard format != .text || (fields == nil && !join) else {
      throw ValidationError("--format text writes the text of the answers and nothing else")
    }
  }

  /// The fields that are named, or the usual ones.
  ///
  /// - Throws: ``CLIError`` for a name that means nothing.
  func fields(ofFailed isFailed: Bool) throws -> [ExportField] {
    guard let fields else { return ExportField.usual(ofFailed: isFailed) }
    return try fields.split(separator: ",", omittingEmptySubsequences: false).map { text in
      let name = text.trimmingPrefix { $0 == " " }
      guard let field = ExportField(String(name)) else {
        let meant = nearest(to: String(name), among: ExportField.plain)
        throw CLIError.usage(
          "there is no field `\(name)`",
          next: (meant.map { "did you mean `\($0)`? " } ?? "")
            + "There are \(ExportField.plain.joined(separator: ", ")), answer.NAME, body.NAME and "
            + "input.NAME"
        )
      }
      return field
    }
  }

  /// How results are written; nil for the lines as they are.
  ///
  /// - Parameters:
  ///   - output: the name of the file.
  ///   - join: the input, whose fields go before them.
  func shape(
    _ fields: [ExportField],
    of output: String,
    joining join: ExportJoin?
  ) -> ExportShape? {
    let format = format ?? ExportFormat(ofName: output)
    guard format != .jsonl || self.fields != nil || self.join else { return nil }
    let own = join?.hasID == true ? fields.filter { !$0.isID } : fields
    return ExportShape(format, own, joining: join?.columns ?? [])
  }
}
