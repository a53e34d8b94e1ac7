import ArgumentParser
import KeySources
import Runner

/// What is stated for a run, by whom: a flag beats the environment, which beats the job file.
struct StatedSettings {
  /// A setting and what stated it, for messages.
  struct Stated {
    let text: String
    let origin: String
  }

  let options: SharedOptions
  let file: JobFile
  /// What messages about the job file name.
  let place: String?
  /// A variable of the environment; one that is set and empty says nothing.
  private let environment: (String) -> String?

  init(
    _ options: SharedOptions,
    _ file: JobFile,
    at place: String?,
    environment: @escaping (String) -> String?
  ) {
    self.options = options
    self.file = file
    self.place = place
    self.environment = { name in environment(name).flatMap { $0.isEmpty ? nil : $0 } }
  }

  /// A text that a flag or a variable states before the job file does.
  func text(_ flag: String?, _ name: String, _ variable: String, _ inFile: String?) -> Stated? {
    flag.map { Stated(text: $0, origin: name) }
      ?? environment(variable).map { Stated(text: $0, origin: variable) }
      ?? inFile.map { Stated(text: $0, origin: place ?? "the job file") }
  }

  /// A number that a flag or a variable states before the job file does.
  ///
  /// - Throws: ``CLIError`` with status 64 that names the variable whose number is none.
  func number<Value>(
    _ flag: Value?,
    _ variable: String,
    _ inFile: Value?,
    _ kind: SettingValue<Value>
  ) throws -> Value? {
    guard flag == nil, let text = environment(variable) else { return flag ?? inFile }
    guard let value = kind(text) else {
      throw CLIError(
        "\(variable) must be \(kind.expected)",
        at: "the environment",
        next: "correct or unset it, and run the same command",
        exitCode: 64
      )
    }
    return value
  }

  /// Variables that mean something here, without their beginning; those of Vault, which are many, are
  /// checked where they are read.
  private static let variables = [
    "BASE_URL", "CONCURRENCY", "EXEC_ENV", "IDENTITY", "KEYSTORE", "MODEL", "PROVIDER",
  ]

  /// Refuses a variable that is all but one of ours, and would be passed over in silence.
  ///
  /// - Throws: ``CLIError`` with status 64.
  static func refuseMistyped(_ names: some Sequence<String>) throws {
    let prefix = "NIGHTJAR_"
    for name in names.filter({ $0.hasPrefix(prefix) }).sorted() {
      let rest = String(name.dropFirst(prefix.count))
      guard !variables.contains(rest), !rest.hasPrefix("VAULT_") else { continue }
      try refuse(name, like: rest.lowercased().replacing("_", with: "-"))
      guard let meant = nearest(to: rest, among: variables) else {
        Console.shared.log("warning: \(name) is no setting; nothing reads it")
        continue
      }
      throw CLIError(
        "\(name) is no setting",
        at: "the environment",
        next: "did you mean \(prefix)\(meant)? Correct or unset it, and run the same command",
        exitCode: 64
      )
    }
  }

  /// Refuses a variable that has the name of a flag, which it does not stand for.
  private static func refuse(_ name: String, like flag: String) throws {
    let ofRun = ["budget", "output", "input", "limit", "template", "give-up-after"]
    guard ofRun.contains(flag) || SharedOptions.helpMessage().contains("--\(flag) ") else { return }
    throw CLIError(
      "\(name) is no setting",
      at: "the environment",
      next: "give --\(flag) instead, or state it in the job file; unset the variable",
      exitCode: 64
    )
  }

  func variable(_ name: String) -> String? { environment(name) }
}

extension SettingValue {
  /// Reads the value of a flag.
  ///
  /// - Throws: an error that says what is expected; the argument parser adds the flag.
  func flag(_ text: String) throws -> Value {
    guard let value = self(text) else { throw FlagError(description: "it must be \(expected)") }
    return value
  }
}

/// Why a flag cannot have a value.
private struct FlagError: Error, CustomStringConvertible {
  let description: String
}
