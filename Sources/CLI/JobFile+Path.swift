import FoundationEssentials
import Runner

extension JobFile {
  /// Reads the job file at `path`.
  ///
  /// - Throws: ``CLIError`` when it cannot be read, ``JobFileError`` when it says something wrong.
  init(at path: String) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw CLIError(
        "cannot read the job file",
        at: path,
        next: "check its name and permissions",
        exitCode: 66
      )
    }
    try self.init(reading: text, file: path)
  }
}
