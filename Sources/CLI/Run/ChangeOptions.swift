import ArgumentParser
import Runner
import Synchronization

/// What becomes of completed jobs whose line or settings have changed since.
struct ChangeOptions: ParsableArguments {
  @Flag(help: "Keep the results of completed jobs whose line, document, model or template changed.")
  var allowChanged = false

  @Flag(help: "Forget the results of such jobs and do them again; asks first on a terminal.")
  var rerunChanged = false

  @OptionGroup var confirmation: Confirmation

  @Flag(help: "The input is the one that the batch was begun with, moved and changed since.")
  var inputMoved = false

  func validate() throws {
    guard !allowChanged || !rerunChanged else {
      throw ValidationError("choose one of --allow-changed and --rerun-changed")
    }
  }

  var onChanged: OnChanged {
    if allowChanged { return .allow }
    return rerunChanged ? .rerun(ifAllowed: rerunQuestion) : .refuse
  }

  /// Asks once, although both the settings and the lines of jobs may have changed.
  private var rerunQuestion: @Sendable (Int) -> Bool {
    let isAllowed = Mutex(false)
    return { [confirmation] count in
      isAllowed.withLock { isAllowed in
        isAllowed =
          isAllowed
          || confirmation.allows(
            count == 1
              ? "forget 1 result that was paid for, and pay for its job again"
              : "forget \(count) results that were paid for, and pay for their jobs again"
          )
        return isAllowed
      }
    }
  }
}

extension ResumeChanges {
  /// What the user is told of a batch that goes on with another input or other settings.
  var text: String? {
    guard !isEmpty else { return nil }
    var parts = settings
    let lines = [(added, "added"), (changed, "changed")].filter { $0.0 > 0 }
    if !lines.isEmpty {
      parts.append("input: " + lines.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
    }
    if dropped > 0 {
      parts.append("\(jobs(dropped)) gone from the input, without an answer, dropped")
    }
    if kept > 0 { parts.append("\(jobs(kept)) gone from the input, completed, kept") }
    if again > 0 { parts.append("\(jobs(again)) with a result to be done again") }
    if outdated > 0 { parts.append("\(jobs(outdated)) with an older result kept") }
    return "resuming after a change: " + parts.joined(separator: "; ")
  }

  private func jobs(_ count: Int) -> String { "\(count) \(count == 1 ? "job" : "jobs")" }
}
