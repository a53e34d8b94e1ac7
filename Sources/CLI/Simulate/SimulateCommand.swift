import ArgumentParser
import Glibc
import Secrets
import Simulator

/// `nightjar simulate`: a provider that runs here, to rehearse with.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run a provider simulator on loopback: a rehearsal, not a model.",
    discussion: """
      Speaks Anthropic Messages (/v1/messages), OpenAI Chat Completions (/v1/chat/completions), \
      Responses (/v1/responses) and Embeddings (/v1/embeddings), and /v1/models. No model answers \
      and nothing leaves this machine. Keys given here are made up: never use a real one.

      The first line of output is `listening on http://127.0.0.1:PORT`. In another terminal:

        nightjar simulate --port 8089 --latency 200ms --rpm 600 --fault reset=0.02
        REHEARSAL=any-made-up-key nightjar run prompts.jsonl -o results.jsonl \\
          --provider anthropic --model any --max-tokens 64 --key env:REHEARSAL \\
          --base-url http://127.0.0.1:8089
        curl http://127.0.0.1:8089/simulator/ledger

      Limits are token buckets that refill evenly. The options from --rpm to --headers are also \
      settings of --account, beside rpm-burst, itpm-burst, otpm-burst, project (OpenAI's tokens \
      per minute of a project), hold (refuse for so long) and org (the organisation's name). A \
      setting holds in a window after the start when it is written SETTING=VALUE@FROM-TO:

        nightjar simulate --port 8089 --latency lognormal:800ms,0.5 --burst 5 \\
          --account main=made-up-1,rpm=6000,rpm=3000@20s-40s,others=0.5@40s-60s \\
          --account spare=made-up-2,otpm=80000,charge=reserved,refuse=credit@50s

      Everything can change while it runs. A hold answers 429 with the seconds that are left:

        curl 127.0.0.1:8089/simulator/limits -d '{"account":"main","rpm":3000}'
        curl 127.0.0.1:8089/simulator/hold -d '{"account":"main","seconds":90}'
        curl 127.0.0.1:8089/simulator/outage -d '{"for":60}'
        curl 127.0.0.1:8089/simulator/keys \\
          -d '{"add":{"account":"main","key":"made-up-2"},"revoke":"made-up-1"}'

      From the first key that is added on, only keys that it was told are accepted.

      The ledger gives totals, and under `seconds` what was served, rate_limited (429) and refused \
      in each second since the start (since=N leaves out those before), with its tokens: input at \
      arrival, output when the answer is complete. It counts the requests of each key by the \
      fingerprint that `nightjar keys audit` shows.

        curl 127.0.0.1:8089/simulator/ledger?since=10

      Every answer is made from its prompt alone, so that you can check that it belongs to it: \
      `Rehearsal HASH for: FIRST WORDS.` and filler. The prompt is the text of the last user \
      message (its text blocks joined with a newline), the input of Responses, or each input of \
      Embeddings. HASH is the 64-bit FNV-1a of its UTF-8, as 16 lower-case hexadecimal digits. \
      Input tokens are its bytes divided by four, rounded up; output tokens are \
      min + HASH % (max - min + 1), and no more than the request allows. An embedding is a unit \
      vector drawn from HASH.

      Each request is judged in this order: key, size, --refuse, fields, model, outage, \
      --fail-prompt, hold, --accel, limits, faults. A fault depends on the seed, the prompt and how often that prompt came \
      before, not on the order of arrival: the same seed gives the same faults again.
      """
  )

  @OptionGroup(title: "Where") var place: PlaceOptions
  @OptionGroup(title: "Accounts and limits") var limits: LimitOptions
  @OptionGroup(title: "Answers") var answers: AnswerOptions
  @OptionGroup(title: "Faults") var faults: FaultOptions

  func validate() throws {
    do {
      _ = try simulatorConfiguration()
    } catch {
      throw ValidationError(error.description)
    }
  }

  func run() async throws {
    exitOnSignals()
    let server: SimulatorServer
    do {
      server = try SimulatorServer(simulatorConfiguration())
    } catch {
      throw failure(error.description, status: EX_CANTCREAT)
    }
    if let lifetime = try place.lifetime() { exit(after: lifetime) }
    do {
      try await server.run { port in
        print("listening on http://127.0.0.1:\(port)")
        fflush(nil)
      }
    } catch let error as SimulatorError {
      throw failure(error.description, status: EX_UNAVAILABLE)
    }
  }

  /// All options together.
  private func simulatorConfiguration() throws(SimulatorError) -> SimulatorConfiguration {
    var configuration = SimulatorConfiguration()
    configuration.fingerprint = { "\(Fingerprint(of: Secret(copying: Array($0.utf8).span)))" }
    try place.apply(to: &configuration)
    try limits.apply(to: &configuration)
    try answers.apply(to: &configuration)
    try faults.apply(to: &configuration)
    return configuration
  }

  /// Says why there is no simulator, and gives the exit status that goes with it.
  private func failure(_ reason: String, status: CInt) -> ExitCode {
    let line = Array("nightjar simulate: \(reason)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    return ExitCode(status)
  }

  /// A rehearsal has nothing to finish: every line of its ledger is already in the file.
  private func exitOnSignals() {
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { _ in _exit(0) }
    }
  }

  /// Ends with everything that is under way.
  ///
  /// Cancelling the server would end the process too, but as a crash where a connection comes in at
  /// that moment: NIO ends the process over a connection that is dropped without being served.
  private func exit(after lifetime: Duration) {
    Task {
      try await Task.sleep(for: lifetime)
      _exit(0)
    }
  }
}
