import ArgumentParser
import Jobs
import KeySources
import Runner
import Transport

/// Carries a plan out, with progress on the screen and the user's signals heard.
struct AttendedRun {
  private let builder: PlanBuilder
  private let options: SharedOptions

  init(_ builder: PlanBuilder, _ options: SharedOptions) {
    self.builder = builder
    self.options = options
  }

  /// Tells how it ended, and leaves with the exit status that says so.
  func carryOut(_ plan: () async throws -> RunPlan) async throws {
    do {
      try await carryOut(try await plan())
    } catch {
      await builder.keySources.close()
      throw error
    }
    await builder.keySources.close()
  }

  private func carryOut(_ plan: RunPlan) async throws {
    let client = try builder.client(for: plan)
    let run = try await BatchRun(plan, client: client, sinks: [EventLog(level: options.level)])
    let report = try await attend(run, plan)
    await client.shutdown()
    try conclude(report, files: plan.files)
  }

  private func attend(_ run: BatchRun, _ plan: RunPlan) async throws -> RunReport {
    let unknown = run.recovery.unknown.count
    if unknown > 0 {
      let fate =
        plan.onUnknown == .hold
        ? "are held until `nightjar retry \(plan.files.batch) --unknown`" : "are sent again"
      Console.shared.log(
        "resuming: \(unknown) requests were on their way when the last run ended; they may "
          + "have been billed and \(fate)"
      )
    }
    if let other = run.recovery.replacedInput {
      Console.shared.log(
        "starting with \(plan.input.name) in the place of \(other), of which nothing had been sent"
      )
    }
    if let text = run.changes.text { Console.shared.log(text) }
    let signals = SignalWatch(run, grace: builder.settings.pace.grace)
    let progress =
      options.quiet ? nil : ProgressPrinter(run.progress, explained: options.explain)
    defer {
      progress?.stop()
      signals.stop()
    }
    return try await run.execute()
  }

  private func conclude(_ report: RunReport, files: BatchFiles) throws {
    if options.json { printResult(report.json) }
    let outcome = RunOutcome(report, files: files)
    if !options.quiet || outcome.exitCode > 1 { outcome.tell() }
    if outcome.exitCode != 0 { throw ExitCode(outcome.exitCode) }
  }
}
