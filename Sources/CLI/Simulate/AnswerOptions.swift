import ArgumentParser
import Simulator

struct AnswerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The models that exist, separated by commas; without it every model does.",
      valueName: "a,b"
    )
  )
  var models: String?

  @Option(help: ArgumentHelp("Bounds of an answer's output tokens.", valueName: "min-max"))
  var outputTokens = "20-200"

  @Option(
    help: ArgumentHelp(
      "How long an answer takes: 200ms, uniform:100ms-300ms or lognormal:800ms,0.5 (median and "
        + "sigma). Refusals come at once.",
      valueName: "time"
    )
  )
  var latency = "0ms"

  @Option(
    help: ArgumentHelp(
      "The share of input tokens that is reported as read from the cache, 0 to 1. On Anthropic's "
        + "wire these do not count towards the input tokens per minute.",
      valueName: "share"
    )
  )
  var cached = 0.0

  func apply(to configuration: inout SimulatorConfiguration) throws(SimulatorError) {
    let bounds = outputTokens.split(separator: "-").compactMap { Int($0) }
    guard bounds.count == 2, bounds[0] >= 1, bounds[0] <= bounds[1],
      bounds[1] <= 1_000_000_000
    else {
      throw SimulatorError("--output-tokens is written MIN-MAX, for instance 20-200")
    }
    configuration.outputTokens = bounds[0]...bounds[1]
    configuration.models = models?.split(separator: ",").map(String.init) ?? []
    guard (0...1).contains(cached) else {
      throw SimulatorError("--cached \(cached) is not a share from 0 to 1")
    }
    configuration.cachedShare = cached
    configuration.latency = try Latency(parsing: latency)
  }
}
