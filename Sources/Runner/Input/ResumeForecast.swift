package import Jobs

/// What a run would find done in a batch that was begun; it is only looked at.
package struct ResumeForecast: Sendable {
  private let batch: any BatchInspector
  private let input: InputReconciler
  private let settings: SettingsReconciler

  /// - Parameters:
  ///   - settings: what requests would be made with.
  ///   - limit: how many jobs of the input would be run at most; nil for all.
  package init(
    _ batch: any BatchInspector,
    input: RunInput,
    settings: RequestSettings,
    limit: Int?,
    onChanged: OnChanged
  ) {
    self.batch = batch
    self.input = InputReconciler(input: input, store: batch, limit: limit, onChanged: onChanged)
    self.settings = SettingsReconciler(
      settings: settings,
      store: batch,
      place: batch.path,
      onChanged: onChanged
    )
  }

  /// How many jobs of the input the run would leave as they are.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` where the run would be refused for what has changed.
  package func finished() async throws -> Int {
    try await settings.check()
    return try await input.finished(try batch.summary(), besides: try await settings.again())
  }
}
