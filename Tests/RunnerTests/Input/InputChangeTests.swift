import Jobs
import Runner
import Testing

@Suite struct `A change of the input` {
  /// A job by one letter for its id and one for its line, such as "a1".
  private func mark(_ job: String) -> JobMark {
    let letters = Array(job.utf8)
    return JobMark(id: UInt64(letters[0]), content: UInt64(letters[1]) << 1, isPrompt: true)
  }

  private func change(
    _ old: String,
    _ states: [StoredJobs.State] = [],
    to new: String
  ) -> InputChange {
    let marks = old.split(separator: " ").map { mark(String($0)) }
    let known = states + Array(repeating: .waiting, count: marks.count - states.count)
    return InputChange(
      from: StoredJobs(marks: marks, states: known),
      to: new.split(separator: " ").map { mark(String($0)) }
    )
  }

  @Test func `is none for the same lines`() {
    let change = change("a1 b1 c1", [.completed, .failed], to: "a1 b1 c1")
    #expect(change.places == [0, 1, 2])
    #expect(change.isAdditionOnly && change.added == 0)
    #expect(change.outdated.isEmpty)
  }

  @Test(arguments: [
    ("a1 b1 n1", [0, 1]), ("n1 a1 b1", [1, 2]), ("a1 n1 b1", [0, 2]), ("b1 n1 a1", [2, 0]),
  ])
  func `finds every job wherever its line has gone`(_ input: String, _ places: [Int]) {
    let change = change("a1 b1", [.completed, .completed], to: input)
    #expect(change.places == places)
    #expect(change.added == 1 && change.isAdditionOnly && change.outdated.isEmpty)
  }

  @Test func `is held against completed jobs alone`() {
    let change = change(
      "a1 b1 c1 d1 e1",
      [.completed, .failed, .waiting, .suspended, .completed],
      to: "a2 b2 c2 d2 e1"
    )
    #expect(change.outdated.map(\.old) == [0])
    #expect(change.changed.count == 4)
    #expect(change.again(rerunsOutdated: false) == [1, 2])
    #expect(change.again(rerunsOutdated: true) == [0, 1, 2])
  }

  @Test func `keeps results whose line is gone and drops other jobs`() {
    let jobs = StoredJobs(
      marks: ["a1", "b1", "c1", "d1"].map(mark),
      states: [.completed, .waiting, .failed, .completed]
    )
    let change = InputChange(from: jobs, to: [mark("d1")])
    #expect(change.kept == [0] && change.newlyKept == 1 && change.dropped == 2)
    let draft = Segment(
      firstJob: 0,
      jobCount: 1,
      firstLine: 1,
      source: .file(offset: 0, length: 9, digest: []),
      failures: [],
      marks: [mark("d1")]
    )
    let rebase = change.rebase(on: [draft], from: jobs, again: [], identity: nil)
    #expect(rebase.places == [1, -1, -1, 0])
    #expect(rebase.segments.map(\.firstJob) == [0, 1])
    #expect(rebase.segments.last?.source.isGone == true)
    #expect(rebase.segments.last?.marks == [mark("a1")])
  }

  @Test func `knows a result whose line comes back`() {
    let gone = change("b1 a1", [.waiting, .kept], to: "b1")
    #expect(gone.isAdditionOnly && gone.kept == [1] && gone.newlyKept == 0)
    let back = change("b1 a1", [.waiting, .kept], to: "a1 b1")
    #expect(back.places == [1, 0] && back.returned == 1 && back.added == 0)
    #expect(!back.isAdditionOnly && back.outdated.isEmpty)
    #expect(change("a1", [.kept], to: "a2").outdated.map(\.old) == [0])
  }

  @Test func `takes a second line of the same id for another job`() {
    let change = change("a1 a2", [.completed, .failed], to: "a1 a1 b1")
    #expect(change.places == [0, -1])
    #expect(change.added == 2 && change.dropped == 1)
  }
}

@Suite struct `Settings of requests` {
  private func settings(_ model: String?, system: String? = nil, template: String? = nil)
    -> RequestSettings
  {
    RequestSettings(
      provider: "anthropic",
      api: nil,
      model: model,
      maxTokens: 9,
      system: system,
      template: template
    )
  }

  @Test func `come back from a batch as they were`() throws {
    let settings = settings("a \"b\"", system: "s", template: "{{text}}")
    let read = try #require(RequestSettings(json: settings.json))
    #expect(read == settings && read.changes(since: settings).isEmpty)
    #expect(!settings.json.contains("{{text}}"))
    #expect(RequestSettings(json: "") == nil)
  }

  @Test func `tell what has changed from what to what`() throws {
    let before = try #require(RequestSettings(json: settings("x").json))
    #expect(settings("y").changes(since: before) == ["the model was x and is now y"])
    #expect(settings(nil).changes(since: before) == ["the model was x and is now not set"])
    let words = settings("x", system: "s", template: "t").changes(since: before)
    #expect(words == ["the system prompt is another one", "the prompt template is another one"])
  }

  @Test func `remember parameters, long ones by their hash`() throws {
    func settings(_ parameters: [(String, String)]) throws -> RequestSettings {
      let settings = RequestSettings(
        provider: "openai",
        api: nil,
        model: nil,
        maxTokens: nil,
        system: nil,
        template: nil,
        parameters: parameters.map { (name: $0.0, json: $0.1) }
      )
      return try #require(RequestSettings(json: settings.json))
    }
    let long = "{\"a\":\"\(String(repeating: "b", count: 50))\"}"
    let before = try settings([("params.a", "1.0"), ("params.b", long)])
    #expect(!before.json.contains("bbb"))
    #expect(try settings([("params.a", "1.0"), ("params.b", long)]) == before)
    #expect(
      try settings([("params.b", long + " ")]).changes(since: before)
        == ["the params.b is another one", "the params.a was 1.0 and is now not set"]
    )
    #expect(
      before.changes(since: try settings([("params.a", "1")]))
        == ["the params.a was 1 and is now 1.0", "the params.b was not set and is now set"]
    )
  }
}
