import Runner

/// A column of the table: a server, jobs, and the limit that binds.
struct PacingCell {
  let name: String
  let meter: Meter
  var settings: ServerSettings
  var workload = Workload()

  static func requests(burst: Double) -> PacingCell {
    var settings = ServerSettings()
    settings.limits = .perMinute(requests: 6_000, input: 20_000_000, output: 4_000_000)
    settings.burst = burst
    var workload = Workload()
    workload.maxTokens = 256
    return PacingCell(
      name: "RPM \(Int(burst))s",
      meter: .requests,
      settings: settings,
      workload: workload
    )
  }

  static func input(burst: Double) -> PacingCell {
    var settings = ServerSettings()
    settings.limits = .perMinute(requests: 4_000, input: 2_000_000, output: 1_000_000)
    settings.burst = burst
    settings.latencyPerToken = 0.005
    return PacingCell(name: "ITPM \(Int(burst))s", meter: .inputTokens, settings: settings)
  }

  static func output(_ charge: OutputCharge, burst: Double) -> PacingCell {
    var settings = ServerSettings()
    settings.limits = .perMinute(requests: 4_000, input: 8_000_000, output: 400_000)
    settings.burst = burst
    settings.charge = charge
    settings.latencyPerToken = 0.005
    let name = charge == .reserved ? "reserved" : "OTPM"
    return PacingCell(name: "\(name) \(Int(burst))s", meter: .outputTokens, settings: settings)
  }
}
