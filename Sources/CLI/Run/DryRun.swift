import KeySources
import Runner

/// Shows the first requests of a run without sending them.
struct DryRun {
  private static let shown = 3
  private let builder: PlanBuilder

  init(_ builder: PlanBuilder) {
    self.builder = builder
  }

  /// Prints a line of JSON for each request, with the reference of the key in place of the key.
  func print() async throws {
    // Settings have an account, and each of theirs an endpoint and a key.
    let account = builder.settings.accounts[0]
    let preview = RunPreview(
      input: builder.input,
      preparer: builder.preparer,
      provider: builder.settings.provider,
      endpoint: account.endpoints[0],
      key: account.keys[0].description
    )
    let (lines, unusable) = try await preview.lines(Self.shown)
    for line in lines { printResult(line) }
    guard unusable == 0 else {
      throw CLIError(
        "dry run: nothing was sent, and \(unusable) of the first \(lines.count) jobs cannot be",
        next: "see `error` in the lines above",
        exitCode: 1
      )
    }
    Console.shared.note("dry run: nothing was sent")
  }
}
