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

  /// What no job of an input has, as far as its start tells; a pipe is not read ahead, and a queue may
  /// get any line.
  ///
  /// - Throws: ``StoreError`` when the input cannot be read.
  package func missingSetting(in input: RunInput) async throws -> MissingSetting? {
    switch input.source {
    case .pipe, .queue: return nil
    case .folder(let folder):
      // A folder without documents is refused as it is read.
      var documents = folder.makeAsyncIterator()
      _ = try await documents.next()
      return missingSetting(hasModel: false, hasMaxTokens: false)
    case .file:
      var missing: MissingSetting?
      var looked = 0
      for try await lines in input.source.lines() {
        for line in lines where !line.isOversized && !line.bytes.isBlankLine {
          guard looked < Self.linesLookedAt else { return missing }
          looked += 1
          guard let found = try? InputLine.read(line) else { continue }
          missing = missingSetting(of: found)
          if missing == nil { return nil }
        }
      }
      return missing
    }
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
