import FoundationEssentials
import Jobs
import Runner

/// Where the prices of models are written, beside those that are built in.
struct PricesFile {
  /// The file that is named, or the user's own; nil where there is none.
  let path: String?

  /// - Parameter named: a path from a flag or a job file, which then has to be there.
  init(_ named: String?) {
    let usual = Self.usual()
    path = named ?? (FileManager.default.fileExists(atPath: usual) ? usual : nil)
  }

  /// `prices.yaml` in the folder `nightjar` of the user's configuration.
  private static func usual() -> String {
    let environment = ProcessInfo.processInfo.environment
    let folder = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    return (folder ?? (environment["HOME"] ?? "") + "/.config") + "/nightjar/prices.yaml"
  }

  /// The prices of the file before those that are built in.
  ///
  /// - Throws: ``CLIError`` when it cannot be read or says something wrong.
  func prices() throws -> Prices {
    guard let path else { return .list }
    let text: String
    do {
      text = try TextFile.read(path, "the file of prices")
    } catch {
      var error = CLIError(error)
      error.next = "\(error.next ?? ""); `nightjar prices` prints one to begin with"
      throw error
    }
    do throws(JobFileError) {
      return try Prices(reading: text, file: path)
    } catch {
      throw CLIError(
        error.message,
        at: error.line.map { "\(path):\($0)" } ?? path,
        next: "correct the file of prices and run the same command; `nightjar prices` prints one",
        exitCode: 78
      )
    }
  }

  /// How a model gets a price.
  static func advice(for model: String) -> String {
    "write a line `\(model): {input: …, output: …}`, in dollars for a million tokens, into a file, "
      + "and name it with --prices or `prices` in the job file, or make it "
      + "~/.config/nightjar/prices.yaml"
  }
}
