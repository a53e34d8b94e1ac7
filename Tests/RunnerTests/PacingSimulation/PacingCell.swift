import Runner

/// A server whose limits are set so that one of them binds, jobs for it, and what the job file says
/// of it.
struct PacingCell {
  var name: String
  let meter: Meter
  var settings = ServerSettings()
  var workload = Workload()
  /// The job file's limits, as a multiple of the real ones; nil where it states none.
  var stated: Double? = 1
  /// Whether what is stated holds even where headers allow more.
  var isCeiling = false
  /// The most requests at a time while nothing is known of the limits.
  var inFlightGuess = 100

  static func requests(perMinute: Double = 6_000, burst: Double = 5) -> PacingCell {
    var cell = PacingCell(name: "RPM \(Int(burst)) s", meter: .requests)
    cell.settings.limits = .perMinute(requests: perMinute, input: 2e7, output: 4e6)
    cell.settings.burst = burst
    cell.workload.maxTokens = 256
    return cell
  }

  static func input(perMinute: Double = 1e6, burst: Double = 6) -> PacingCell {
    var cell = PacingCell(name: "ITPM \(Int(burst)) s", meter: .inputTokens)
    cell.settings.limits = .perMinute(requests: 4_000, input: perMinute, output: 1e6)
    cell.settings.burst = burst
    cell.settings.latencyPerToken = 0.005
    return cell
  }

  static func output(
    _ charge: ServerCharge,
    perMinute: Double = 4e5,
    burst: Double = 6
  ) -> PacingCell {
    let title = charge == .reserved ? "OTPM reserved" : "OTPM"
    var cell = PacingCell(name: "\(title) \(Int(burst)) s", meter: .outputTokens)
    cell.settings.limits = .perMinute(requests: 4_000, input: 8e6, output: perMinute)
    cell.settings.burst = burst
    cell.settings.charge = charge
    cell.settings.latencyPerToken = 0.005
    cell.workload.maxTokens = charge == .reserved ? 512 : 1_024
    return cell
  }

  /// One limit on tokens of both kinds, told exactly, as at OpenAI.
  static func tokens(
    _ charge: ServerCharge,
    perMinute: Double = 2e6,
    burst: Double = 6
  ) -> PacingCell {
    let title = charge == .reservedForGood ? "TPM kept" : "TPM"
    var cell = PacingCell(name: "\(title) \(Int(burst)) s", meter: .tokens)
    cell.settings.limits = .perMinute(requests: 4_000, tokens: perMinute)
    cell.settings.burst = burst
    cell.settings.charge = charge
    cell.settings.latencyPerToken = 0.005
    cell.settings.headers.granularity = 1
    return cell
  }

  /// The same cell with something changed.
  func with(_ change: (inout PacingCell) -> Void) -> PacingCell {
    var cell = self
    change(&cell)
    return cell
  }

  /// Our controller, told what the job file says.
  func nightjar(seed: UInt64) -> NightjarController {
    NightjarController(
      limits: statedLimits,
      charges: charges,
      inFlightGuess: inFlightGuess,
      seed: seed
    )
  }

  /// A run of our controller.
  func run(seconds: Int, seed: UInt64) -> PacingSimulation {
    run(nightjar(seed: seed), seconds: seconds, seed: seed)
  }

  func run(
    _ controller: any PacingController,
    seconds: Int,
    seed: UInt64
  ) -> PacingSimulation {
    let account = PacingSimulation.Account(controller, settings, seed: seed)
    var simulation = PacingSimulation([account], workload, seed: seed)
    simulation.run(seconds: seconds)
    return simulation
  }

  private var statedLimits: RateLimits {
    guard let stated else { return RateLimits() }
    let limits = settings.limits
    return RateLimits(
      requestsPerMinute: limits.requests.map { Int($0 * stated) },
      inputTokensPerMinute: (limits.tokens ?? limits.inputTokens).map { Int($0 * stated) },
      outputTokensPerMinute: limits.outputTokens.map { Int($0 * stated) },
      isCeiling: isCeiling
    )
  }

  private var charges: ChargeModel {
    let output: OutputCharge =
      switch settings.charge {
      case .produced: .produced
      case .reserved, .reservedForGood: .reserved
      case .never: .input
      }
    return ChargeModel(output: output, sharesTokens: settings.limits.tokens != nil)
  }
}
