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

  func validate() throws {
    guard idField != "" else { throw ValidationError("--id-field needs the name of a member") }
  }

  /// The input that a user names.
  ///
  /// - Parameter withheld: files that are no documents, by whatever name.
  /// - Throws: ``StoreError`` when it cannot be read.
  func input(named name: String, _ file: JobFile, withheld: [String]) throws -> RunInput {
    try RunInput(
      named: name,
      documents(file, withheld: withheld),
      idField: idField ?? file.idField,
      notice: notice
    )
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
