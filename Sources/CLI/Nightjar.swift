import ArgumentParser
import Glibc
import Jobs
import Secrets

/// The command line of `nightjar`.
struct Nightjar: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nightjar",
    abstract: "Runs batches of LLM prompts at the full allowed rate, each exactly once.",
    discussion: """
      Put prompts through a provider, one result for each, through crashes and outages:

        nightjar keys init
        nightjar keys add anthropic      # paste the key; it is stored encrypted
        nightjar run prompts.jsonl -o results.jsonl --provider anthropic \\
          --model claude-opus-4-6 --max-tokens 512 --key keystore:anthropic

      Killed, or stopped with ^C? The same command does the rest.

      Exit status: 0 every job completed; 1 finished, some jobs failed; 64 wrong usage; 65 the \
      input changed, or is bad under --strict; 66 no input; 69 provider unavailable; 70 a bug of \
      ours; 73 cannot write; 75 stopped early, run again to resume; 77 key refused; 78 bad job \
      file; 130 second ^C.
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, EnqueueCommand.self, WorkCommand.self, StatusCommand.self,
      ExportCommand.self, RetryCommand.self, CancelCommand.self, PauseCommand.self,
      ResumeCommand.self, DrainCommand.self, DoctorCommand.self, EstimateCommand.self,
      PricesCommand.self, SimulateCommand.self, KeysCommand.self,
    ]
  )
}

@main
enum Main {
  static func main() async {
    AllowedMemory.prepare()
    ProcessHardening.apply()
    signal(SIGPIPE, SIG_IGN)
    do {
      if let repeated = RepeatedOption(in: CommandLine.arguments) { throw repeated.error }
      var command = try Nightjar.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      if let failure = CLIError(any: error) ?? CLIError(parsing: error) {
        Console.shared.error(failure)
        exit(failure.exitCode)
      }
      Nightjar.exit(withError: error)
    }
  }
}
