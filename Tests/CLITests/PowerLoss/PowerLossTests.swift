import Foundation
import TestSupport
import Testing

/// The power goes at every fsync of a run and between them: what was promised is there, and the same
/// command goes on.
@Suite(.enabled(if: Recorder.isPossible, "needs a C compiler"))
struct PowerLossTests {
  /// A walk through a recording.
  struct Walk: CustomTestStringConvertible {
    let kind: Recording.Kind
    let naming: CrashDisk.Naming
    let seed: Int

    var testDescription: String { "\(kind), \(naming) names, seed \(seed)" }

    static let all = Recording.Kind.allCases.flatMap { kind in
      CrashDisk.Naming.allCases.flatMap { naming in
        Mutator.rounds(1).map { Walk(kind: kind, naming: naming, seed: $0) }
      }
    }

    func cuts(of recording: Recording) -> PowerCuts {
      PowerCuts(of: recording.operations, naming, seed: UInt64(seed))
    }
  }

  @Test(arguments: Recording.Kind.allCases)
  func `the recording accounts for every byte`(kind: Recording.Kind) throws {
    let recording = try Recording.of(kind)
    var disk = CrashDisk(.strict)
    for stage in recording.stages {
      for operation in stage.operations { disk.apply(operation) }
      let files = disk.current.filter { !Recording.isMapped($0.key) }
      #expect(Set(files.keys) == Set(stage.files.keys), "after \(stage.name)")
      for (name, bytes) in files {
        #expect(bytes == stage.files[name], "\(name) after \(stage.name)")
      }
    }
    #expect(recording.operations.count { $0.isBarrier } > 20)
  }

  @Test(arguments: Walk.all)
  func `every state that a power cut leaves keeps the promises`(walk: Walk) async throws {
    let recording = try Recording.of(walk.kind)
    let check = try PowerCutCheck(recording)
    var cuts = walk.cuts(of: recording)
    var count = 0
    try await cuts.forEach { cut in
      count += 1
      for problem in await check.problems(of: cut) { Issue.record("\(problem)\n\(cut)") }
    }
    #expect(count > 100)
  }

  @Test func `a run that waited for no disk would be found out`() async throws {
    let recording = try Recording.of(.run)
    let check = try PowerCutCheck(recording)
    let careless = recording.operations.filter { !$0.isBarrier }
    var problems: [String] = []
    var cuts = PowerCuts(of: careless, .strict, seed: 1)
    try await cuts.forEach { problems += await check.problems(of: $0) }
    #expect(problems.contains { $0.contains("that were shown are lost") })
    #expect(problems.contains { $0.contains("the export holds") })
    #expect(problems.contains { $0.contains("cannot be used") })
  }

  @Test(arguments: Walk.all)
  func `the same commands go on from what a power cut left`(walk: Walk) async throws {
    let recording = try Recording.of(walk.kind)
    for cut in try await recording.someCuts(walk, count: 2) {
      let folder = try Scratch()
      try folder.replaceFiles(with: cut.files, in: "disk")
      let provider = try Provider(["--latency", "5ms"], in: folder)
      if walk.kind == .queue {
        _ = try folder.nightjar(["enqueue", recording.input, "--queue", "disk/queue.nightjar"])
      }
      let ending = try folder.nightjar(walk.kind.work(recording.input, provider))
      #expect(ending.status == 1, "\(ending.errors)\n\(cut)")
      let failed = try ending.report().failed
      #expect(failed == recording.failures, "\(cut)")
      #expect(try folder.nightjar(walk.kind.export + ["-o", "all.jsonl"]).status == 0)
      try folder.expectResults(Recording.jobs, in: "all.jsonl")
      if walk.kind == .run { try folder.expectResults(Recording.jobs, in: "disk/out.jsonl") }
      let asked = Set(provider.requests.compactMap(\.prompt_hash))
      #expect(provider.requests.count == asked.count, "a job was sent twice\n\(cut)")
      let shown = cut.shown.compactMap {
        try? JSONDecoder().decode(ResultLine.self, from: $0)
      }
      let answered = Set(shown.map { promptHash("Prompt \($0.custom_id)") })
      #expect(asked.isDisjoint(with: answered), "a job with a result was sent again\n\(cut)")
    }
  }
}

extension Recording {
  /// A few states out of all, each as likely as any other (reservoir sampling).
  fileprivate func someCuts(_ walk: PowerLossTests.Walk, count: Int) async throws -> [PowerCut] {
    var random = Mutator(seed: UInt64(walk.seed))
    var some: [PowerCut] = []
    var met = 0
    var cuts = walk.cuts(of: self)
    try await cuts.forEach { cut in
      met += 1
      let place = Int.random(in: 0..<met, using: &random)
      if some.count < count { some.append(cut) } else if place < count { some[place] = cut }
    }
    return some
  }
}
