import ArgumentParser
import Runner

/// Which queue.
struct QueueOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The file of the queue.", valueName: "path"),
    completion: .file()
  )
  var queue: String?

  /// - Throws: ``CLIError`` where neither the flag nor the job file names one.
  func path(_ file: JobFile) throws -> String {
    guard let path = queue ?? file.queue, !path.isEmpty else {
      throw CLIError.usage("no queue is named", next: "name its file: --queue night.queue")
    }
    return path
  }
}
