import Jobs

/// A setting that every job needs and none has.
package enum MissingSetting: Sendable {
  case model
  /// The most tokens of an answer, which the provider, or a budget, needs to know.
  case maxTokens(for: String)

  /// What is wrong.
  package var words: String {
    switch self {
    case .model: "no model is named"
    case .maxTokens(let who): "\(who) needs to know the most tokens of an answer"
    }
  }

  /// What to do about it.
  package var advice: String {
    switch self {
    case .model: "add --model NAME, `model: NAME` to the job file, or \"model\" to the lines"
    case .maxTokens:
      "add --max-tokens N, `max_tokens: N` to the job file, or \"max_tokens\" to the lines"
    }
  }
}

extension JobPreparer {
  /// So many lines at the start of a file are looked at.
  private static let linesLookedAt = 100

  /// What no job of an input has, as far as its start tells; a queue may get any line.
  ///
  /// - Parameter isBudgeted: whether the most that each job may cost has to be known.
  /// - Throws: ``StoreError`` when the input cannot be read.
  package func missingSetting(
    in input: RunInput,
    isBudgeted: Bool = false
  ) async throws -> MissingSetting? {
    switch input.source {
    case .queue: return nil
    case .folder(let folder):
      // A folder without documents is refused as it is read.
      var documents = folder.makeAsyncIterator()
      _ = try await documents.next()
      return missingSetting(hasModel: false, hasMaxTokens: false, isBudgeted)
    case .pipe(let pipe):
      var splitter = LineSplitter(longest: InputSource.longestLine)
      var search = Search(isBudgeted: isBudgeted)
      splitter.take(pipe.seen) { look(at: $0, &search) }
      return search.missing
    case .file:
      var search = Search(isBudgeted: isBudgeted)
      for try await lines in input.source.lines() {
        for line in lines { look(at: line, &search) }
        if search.isOver { break }
      }
      return search.missing
    }
  }

  /// What the lines so far lack, none of which is kept.
  private struct Search {
    let isBudgeted: Bool
    var missing: MissingSetting?
    var left = linesLookedAt
    var isOver: Bool { left == 0 }
  }

  private func look(at line: LineSplitter.Line, _ search: inout Search) {
    guard !search.isOver, !line.isOversized, !line.bytes.isBlankLine else { return }
    search.left -= 1
    guard let found = try? InputLine.read(line) else { return }
    search.missing = missingSetting(of: found, search.isBudgeted)
    if search.missing == nil { search.left = 0 }
  }

  private func missingSetting(of line: InputLine, _ isBudgeted: Bool) -> MissingSetting? {
    guard case .plain(let fields) = line.shape else { return nil }
    let (hasModel, hasMaxTokens) = (fields.model != nil, fields.maxTokens != nil)
    return missingSetting(hasModel: hasModel, hasMaxTokens: hasMaxTokens, isBudgeted)
  }

  private func missingSetting(
    hasModel: Bool,
    hasMaxTokens: Bool,
    _ isBudgeted: Bool
  ) -> MissingSetting? {
    if settings.model == nil, !hasModel { return .model }
    let isUnlimited = settings.maxTokens == nil && !hasMaxTokens
    guard isUnlimited else { return nil }
    if provider.requiresMaxTokens { return .maxTokens(for: provider.name) }
    return isBudgeted && provider.billsOutput ? .maxTokens(for: "a budget") : nil
  }
}
