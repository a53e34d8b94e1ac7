import Jobs

/// A setting that every job needs and none has.
package enum MissingSetting: Sendable {
  case model
  /// The most tokens of an answer, which the provider, or a budget, needs to know.
  case maxTokens(for: String)
  /// A column of a table, which has those others.
  case column(String, of: [String])

  /// What is wrong.
  package var words: String {
    switch self {
    case .model: "no model is named"
    case .maxTokens(let who): "\(who) needs to know the most tokens of an answer"
    case .column("prompt", _): "there is no prompt template, and the table has no column `prompt`"
    case .column(let name, _):
      "the prompt template names {{\(name)}}, and the table has no such column"
    }
  }

  /// What to do about it.
  package var advice: String {
    switch self {
    case .model: "add --model NAME, `model: NAME` to the job file, or \"model\" to the lines"
    case .maxTokens:
      "add --max-tokens N, `max_tokens: N` to the job file, or \"max_tokens\" to the lines"
    case .column(let name, let others):
      "\(nearest(to: name, among: others).map { "did you mean {{\($0)}}? " } ?? "")a template, `prompt` "
        + "in a job file, can name these: \(Table.list(of: others))"
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
    if let column = missingColumn(in: input) { return column }
    switch input.source {
    case .queue: return nil
    case .folder(let folder):
      // A folder without documents is refused as it is read.
      var documents = folder.makeAsyncIterator()
      _ = try await documents.next()
      return missingSetting(hasModel: false, hasMaxTokens: false, isBudgeted)
    case .pipe(let pipe):
      var search = Search(isBudgeted: isBudgeted)
      for line in input.lines(within: pipe.seen) { look(at: line, &search) }
      return search.missing
    case .file:
      var search = Search(isBudgeted: isBudgeted)
      for try await lines in input.lines() {
        for line in lines { look(at: line, &search) }
        if search.isOver { break }
      }
      return search.missing
    }
  }

  /// What every row of a table would fail for.
  private func missingColumn(in input: RunInput) -> MissingSetting? {
    guard let table = input.table else { return nil }
    let needed = settings.template?.needed ?? ["prompt"]
    let missing = needed.filter { !table.fields.contains($0) }
    // The line of a row has its number.
    guard let name = missing.sorted().first(where: { $0 != "id" || !table.numbersRows }) else {
      return nil
    }
    return .column(name, of: table.fields)
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
