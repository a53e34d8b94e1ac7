import ArgumentParser
import Jobs
import KeySources
import Runner

/// `nightjar doctor`: whether a run would get anywhere, before it is run.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check keys, endpoints, routes, limits and disk; spends nothing.",
    discussion: """
      Reads a job file or flags as 'run' does, fetches every key, and asks every endpoint, by each \
      of its routes and with each key, for its list of models, which costs nothing. Then it tells \
      what of this machine could stand in the way:

        nightjar doctor jobs.yaml
        nightjar doctor --provider anthropic --key keystore:anthropic
        nightjar doctor jobs.yaml --route direct --json

      NAME, TCP and TLS are how long a new connection took in each step, ANSWER how long the \
      endpoint then thought. By a proxy, ADDRESS is the proxy's.

      Exit status: 0 a run could start; 69 an endpoint cannot be reached, or not by one of its \
      routes; 73 nothing can be written; 77 a key is refused or cannot be had; 78 bad job file.
      """
  )

  @Argument(help: "A job file (.yaml).", completion: .file())
  var spec: String?

  @Option(
    name: .shortAndLong,
    help: "Where results would go, whose disk is looked at.",
    completion: .file()
  )
  var output: String?

  @OptionGroup var shared: SharedOptions

  mutating func run() async throws {
    let file = try spec.map { try JobFile(at: $0) } ?? JobFile()
    let settings = try Settings(shared, file, at: spec)
    let place = output ?? file.queue ?? file.output ?? "./"
    var findings = MachineCheck(settings: settings, place: place).findings
    let sources = settings.keySources()
    let probe = PathProbe(settings: settings, sources: sources)
    var paths: [PathCheck] = []
    for account in settings.accounts {
      let (keys, found) = await Self.keys(of: account, from: sources)
      findings += found
      do {
        paths += try await probe.checks(of: account, with: keys)
      } catch let error as KeySourceError {
        findings.append(Finding("routes of \(account.name)", .fault(77), error.description))
      }
    }
    await sources.close()
    let report = DoctorReport(paths, findings, at: Timestamp.now())
    printResult(shared.json ? report.json : report.lines)
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
  }

  /// The keys that can be had, and what is wrong with the others.
  private static func keys(
    of account: JobFile.Account,
    from sources: KeySources
  ) async -> (keys: [Key], findings: [Finding]) {
    var keys: [Key] = []
    var findings: [Finding] = []
    for reference in account.keys {
      let subject = "key \(reference)"
      do throws(KeySourceError) {
        let found = try await sources.source(for: reference).fetch(unless: nil) ?? []
        keys += found
        if found.isEmpty { findings.append(Finding(subject, .fault(77), "there is nothing there")) }
      } catch {
        findings.append(Finding(subject, .fault(error.exitCode), error.description))
      }
    }
    return (keys, findings)
  }
}
