import Jobs
import KeySources
import Runner
import Transport

/// A failure as the user sees it: what happened, where, why, and what to do next.
struct CLIError: Error {
  var message: String
  /// What it is about one by one.
  var details: [String] = []
  var place: String?
  var next: String?
  var exitCode: Int32

  init(_ message: String, at place: String? = nil, next: String? = nil, exitCode: Int32) {
    self.message = message
    self.place = place
    self.next = next
    self.exitCode = exitCode
  }

  /// The errors of the rooms in these terms; nil for those that the argument parser prints itself.
  init?(any error: any Error) {
    switch error {
    case let error as CLIError: self = error
    case let error as StoreError: self.init(error)
    case let error as KeySourceError:
      self.init(sentence: error.description, exitCode: error.exitCode)
    case let error as JobFileError:
      self.init(
        error.message,
        at: error.line.map { "\(error.file):\($0)" } ?? error.file,
        next: "correct the job file and run the same command",
        exitCode: 78
      )
    case let error as TransportError:
      self.init(sentence: error.message, exitCode: 78)
    default: return nil
    }
  }

  init(_ error: StoreError) {
    self.init(
      error.message,
      at: error.place,
      next: error.next,
      exitCode: Self.exitCode(of: error.code)
    )
    details = error.details
  }

  private static func exitCode(of code: StoreError.Code) -> Int32 {
    switch code {
    case .inputMissing: 66
    case .inputChanged: 65
    case .owned, .busy, .readerGone: 75
    case .diskFull, .notWritable, .damaged, .newerFormat, .unsuitableFileSystem, .inputOutput: 73
    }
  }

  /// An error that other rooms tell in one sentence: what happened; what to do next.
  init(sentence: String, at place: String? = nil, exitCode: Int32) {
    let parts = sentence.split(separator: "; ", maxSplits: 1).map(String.init)
    self.init(
      parts.first ?? sentence,
      at: place,
      next: parts.count > 1 ? parts[1] : nil,
      exitCode: exitCode
    )
  }

  static func usage(_ message: String, next: String) -> CLIError {
    CLIError(message, next: next, exitCode: 64)
  }
}
