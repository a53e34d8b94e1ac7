import Jobs

/// A setting that every job needs and none has.
package enum MissingSetting: Sendable {
  case model
  case maxTokens(provider: String)

  /// What is wrong.
  package var words: String {
    switch self {
    case .model: "no model is named"
    case .maxTokens(let provider): "\(provider) needs to know the most tokens of an answer"
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
  /// - Throws: ``StoreError`` when the input cannot be read.
  package func missingSetting(in input: RunInput) async throws -> MissingSetting? {
    switch input.source {
    case .queue: return nil
    case .folder(let folder):
      // A folder without documents is refused as it is read.
      var documents = folder.makeAsyncIterator()
      _ = try await documents.next()
      return missingSetting(hasModel: false, hasMaxTokens: false)
    case .pipe(let pipe):
      var splitter = LineSplitter(longest: InputSource.longestLine)
      var lines: [LineSplitter.Line] = []
      splitter.take(pipe.seen) { lines.append($0) }
      return missingSetting(in: lines[...])
    case .file:
      var first: [LineSplitter.Line] = []
      for try await lines in input.source.lines() {
        first += lines
        if first.count >= Self.linesLookedAt { break }
      }
      return missingSetting(in: first[...])
    }
  }

  private func missingSetting(in lines: ArraySlice<LineSplitter.Line>) -> MissingSetting? {
    var missing: MissingSetting?
    let jobs = lines.lazy.filter { !$0.isOversized && !$0.bytes.isBlankLine }
    for line in jobs.prefix(Self.linesLookedAt) {
      guard let found = try? InputLine.read(line) else { continue }
      missing = missingSetting(of: found)
      if missing == nil { return nil }
    }
    return missing
  }

  private func missingSetting(of line: InputLine) -> MissingSetting? {
    guard case .plain(let fields) = line.shape else { return nil }
    return missingSetting(hasModel: fields.model != nil, hasMaxTokens: fields.maxTokens != nil)
  }

  private func missingSetting(hasModel: Bool, hasMaxTokens: Bool) -> MissingSetting? {
    if settings.model == nil, !hasModel { return .model }
    let isUnlimited = settings.maxTokens == nil && !hasMaxTokens
    return provider.requiresMaxTokens && isUnlimited ? .maxTokens(provider: provider.name) : nil
  }
}
