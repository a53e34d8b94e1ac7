import ArgumentParser
import Runner

/// Which queue.
struct QueueOption: ParsableArguments {
  @Option(help: ArgumentHelp("The file of the queue.", valueName: "path"))
  var queue: String?

  /// - Throws: ``CLIError`` where neither the flag nor the job file names one.
  func path(_ file: JobFile) throws -> String {
    guard let path = queue ?? file.queue else {
      throw CLIError.usage("name the queue: --queue night.queue")
    }
    return path
  }
}
