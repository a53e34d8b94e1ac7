/// One thing that was looked at, and how it is.
struct Finding: Sendable, Equatable {
  enum Grade: Sendable, Equatable {
    case fine
    /// A run would go on, and not as well as it could.
    case warning
    /// A run would not get far; the exit status that it would end with.
    case fault(Int32)
  }

  /// What was looked at, such as `disk`.
  let subject: String
  let grade: Grade
  let words: String
  /// What to do; nil where there is nothing to do.
  var next: String?

  init(_ subject: String, _ grade: Grade, _ words: String, next: String? = nil) {
    self.subject = subject
    self.grade = grade
    self.words = words
    self.next = next
  }
}

extension [Finding] {
  /// The exit status of a doctor who found these: a refused key says most, then a provider that is not
  /// reached; 0 where a run could start.
  var exitCode: Int32 {
    let codes = compactMap { finding -> Int32? in
      if case .fault(let code) = finding.grade { return code }
      return nil
    }
    return [77, 69].first(where: codes.contains) ?? codes.first ?? 0
  }
}
