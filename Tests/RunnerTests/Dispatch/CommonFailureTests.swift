import Jobs
import Runner
import Testing

@Suite struct `Jobs that fail alike` {
  private static let typo = Refusal(status: 404, code: "not_found_error", message: "model: x")

  private static func job(_ number: Int) -> Job {
    let line = JobLine(number: number, id: "j\(number)", shape: RequestShape())
    let segment = LoadedSegment(lease: .init(segment: 0, epoch: 0), lines: [line])
    return segment.jobs()[0]
  }

  private func cause(
    _ failures: [Refusal],
    isWanted: Bool = true,
    hadResults: Bool = false
  ) -> CommonFailure.Cause? {
    var state = CommonFailure(isWanted: isWanted, hadResults: hadResults)
    let causes = failures.enumerated().compactMap { number, refusal in
      state.failed(Self.job(number), refusal, at: "https://a.test/v1")
    }
    #expect(causes.count <= 1)
    return causes.first
  }

  @Test func `stop a run once there are twenty`() throws {
    let all = Array(repeating: Self.typo, count: 30)
    #expect(cause(Array(all.prefix(19))) == nil)
    let cause = try #require(self.cause(all))
    #expect(cause.refusal == Self.typo)
    #expect(cause.url == "https://a.test/v1")
    #expect(!cause.isInput)
    #expect(self.cause(all, isWanted: false) == nil)
  }

  @Test func `are not those whose prompts are refused for what they say`() {
    let flagged = Refusal(status: 400, code: "content_policy_violation", message: "flagged")
    #expect(flagged.subject == .content)
    #expect(cause(Array(repeating: flagged, count: 40)) == nil)
    let mixed = Array(repeating: flagged, count: 30) + Array(repeating: Self.typo, count: 20)
    #expect(cause(mixed)?.refusal == Self.typo)
  }

  @Test(arguments: ["unsendable_document", "large_document"])
  func `are not those whose files nobody takes, which may come first`(_ code: String) {
    let refusal = Refusal(status: nil, code: code, message: "in/a.docx: is a Word document")
    #expect(cause(Array(repeating: refusal, count: 30)) == nil)
  }

  @Test func `are those with one code and one status`() {
    let other = Refusal(status: 400, code: "not_found_error", message: "model: x")
    let failures = Array(repeating: Self.typo, count: 19) + [other]
    #expect(cause(failures + Array(repeating: Self.typo, count: 30)) == nil)
  }

  @Test func `are looked for no more once one has succeeded`() {
    var state = CommonFailure(isWanted: true, hadResults: false)
    state.completed()
    for number in 0..<40 {
      #expect(state.failed(Self.job(number), Self.typo, at: "") == nil)
    }
    #expect(state.jobs.isEmpty)
  }

  @Test func `are remembered all, those too that were under way`() {
    var state = CommonFailure(isWanted: true, hadResults: false)
    for number in 0..<25 { _ = state.failed(Self.job(number), Self.typo, at: "") }
    state.completed()
    #expect(state.jobs == Set(0..<25))
  }

  @Test func `whose answers may have been paid for stay failed`() {
    var state = CommonFailure(isWanted: true, hadResults: false)
    let paid = Refusal(status: 200, code: "unexpected_body", message: "x", paid: Usage())
    let causes = (0..<25).compactMap { state.failed(Self.job($0), paid, at: "") }
    #expect(causes.count == 1 && state.jobs.isEmpty)
  }

  @Test func `are mended in the template or in the lines`() {
    let template = Refusal(status: nil, code: "missing_field", message: "in:1: x")
    let line = Refusal(status: nil, code: "malformed_line", message: "in:1: x")
    let first = cause(Array(repeating: template, count: 20))
    let second = cause(Array(repeating: line, count: 20))
    #expect(first?.isInput == false && first?.advice == "correct the template")
    #expect(second?.isInput == true && second?.advice == "correct the lines of the input")
  }

  @Test func `are the input's where it says too much, unless the batch has results`() {
    let long = Refusal(status: 400, code: "context_length_exceeded", message: "x")
    let failures = Array(repeating: long, count: 20)
    #expect(cause(failures)?.isInput == true)
    #expect(cause(failures, hadResults: true) == nil)
    #expect(cause(Array(repeating: Self.typo, count: 20), hadResults: true) != nil)
  }
}
