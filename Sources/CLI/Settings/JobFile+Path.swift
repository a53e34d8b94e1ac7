import Jobs
import Runner

extension JobFile {
  /// True for a name that job files have.
  static func isName(_ name: String) -> Bool { name.hasSuffix(".yaml") || name.hasSuffix(".yml") }

  /// The input that the job file names.
  ///
  /// - Throws: ``CLIError`` where it names none.
  func inputName(at path: String) throws -> String {
    guard let input else {
      throw CLIError(
        "the job file names no input",
        at: path,
        next: "add a line `input: …`",
        exitCode: 78
      )
    }
    return input
  }

  /// Reads the job file at `path`.
  ///
  /// - Throws: ``StoreError`` when it cannot be read, ``JobFileError`` when it says something wrong.
  init(at path: String) throws {
    try self.init(reading: try TextFile.read(path, "the job file"), file: path)
  }
}
