import ArgumentParser
import Simulator

struct FaultOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Inject a fault with this probability per request. Kinds: 429, 500, 529 (503 for OpenAI), "
        + "reset (in mid-body), truncate (less than Content-Length, then close), malformed (JSON "
        + "cut short), hang (never answers), slow (dribbles, then stalls).",
      valueName: "kind=probability"
    )
  )
  var fault: [String] = []

  @Option(help: "The seed of faults and latencies.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Send retry-after with injected 429 and 529.", valueName: "seconds"))
  var retryAfter: Int?

  @Option(
    help: ArgumentHelp(
      "How refusals say how long to wait: seconds or date in retry-after, ms in retry-after-ms, or "
        + "none.",
      valueName: "style"
    )
  )
  var retryAfterStyle = "seconds"

  @Option(
    help: ArgumentHelp(
      "Set the provider's wall clock ahead, or behind with --clock-skew=-30s.",
      valueName: "time"
    )
  )
  var clockSkew = "0s"

  @Option(
    help: ArgumentHelp(
      "Answer every request as overloaded in this window after the start, for instance 10s-25s.",
      valueName: "from-to"
    )
  )
  var outage: [String] = []

  @Option(
    help: ArgumentHelp("Answer 400 to prompts that contain this.", valueName: "substring")
  )
  var failPrompt: [String] = []

  func apply(to configuration: inout SimulatorConfiguration) throws(SimulatorError) {
    configuration.faults = try FaultPlan(parsing: fault)
    configuration.seed = seed
    configuration.retryAfter = retryAfter
    guard let style = RetryAfterStyle(rawValue: retryAfterStyle) else {
      let styles = RetryAfterStyle.allCases.map(\.rawValue).joined(separator: ", ")
      throw SimulatorError("--retry-after-style '\(retryAfterStyle)' is none of \(styles)")
    }
    configuration.retryAfterStyle = style
    let isBehind = clockSkew.hasPrefix("-")
    let skew = try duration(
      isBehind ? String(clockSkew.dropFirst()) : clockSkew,
      option: "--clock-skew"
    )
    configuration.clockSkew = isBehind ? .zero - skew : skew
    configuration.outages = try readAll(outage, Range.init(parsingOutage:))
    configuration.failingPrompts = failPrompt
  }
}
