import Foundation
import TestSupport
import Testing

/// The power goes at every fsync of a run and between them: what was promised is there, and the same
/// command goes on.
@Suite(.enabled(if: Recording.isPossible, "needs a C compiler"))
struct PowerLossTests {
  @Test func `the recording accounts for every byte`() throws {
    let recording = try Recording.shared.get()
    var disk = CrashDisk(.strict)
    for stage in recording.stages {
      for operation in stage.operations { disk.apply(operation) }
      let files = disk.current.filter { !$0.key.hasSuffix("-sent") && !$0.key.hasSuffix("-shm") }
      #expect(Set(files.keys) == Set(stage.files.keys), "after \(stage.name)")
      for (name, bytes) in files {
        #expect(bytes == stage.files[name], "\(name) after \(stage.name)")
      }
    }
    #expect(recording.operations.count { $0.isBarrier } > 20)
  }

  @Test(arguments: CrashDisk.Naming.allCases, Seeds.some(1))
  func `every state that a power cut leaves keeps the promises`(
    naming: CrashDisk.Naming,
    seed: UInt64
  ) async throws {
    let recording = try Recording.shared.get()
    let check = try PowerCutCheck(input: recording.input)
    var cuts = PowerCuts(of: recording.operations, naming, seed: seed)
    var count = 0
    try await cuts.forEach { cut in
      count += 1
      for problem in await check.problems(of: cut) { Issue.record("\(problem)\n\(cut)") }
    }
    #expect(count > 100)
  }

  @Test(arguments: CrashDisk.Naming.allCases)
  func `the same command goes on from what a power cut left`(
    naming: CrashDisk.Naming
  ) async throws {
    let recording = try Recording.shared.get()
    for cut in try await recording.someCuts(naming, count: 2 * Int(Seeds.some(1).upperBound)) {
      let folder = try Scratch()
      try folder.replaceFiles(with: cut.files, in: "disk")
      let provider = try Provider(["--latency", "5ms"], in: folder)
      let ending = try folder.nightjar(Recording.run(recording.input, provider))
      #expect(ending.status == 1, "\(ending.errors)\n\(cut)")
      try folder.expectResults(Recording.jobs, in: "disk/out.jsonl")
      #expect(
        try folder.failures("disk/out.failed.jsonl").count == Recording.badLines.count,
        "\(cut)"
      )
      let asked = Set(provider.requests.compactMap(\.prompt_hash))
      #expect(provider.requests.count == asked.count, "a job was sent twice\n\(cut)")
      let shown = cut.shown.compactMap {
        try? JSONDecoder().decode(ResultLine.self, from: Data($0))
      }
      let answered = Set(shown.map { promptHash("Prompt \($0.custom_id)") })
      #expect(asked.isDisjoint(with: answered), "a job with a result was sent again\n\(cut)")
    }
  }
}

extension Recording {
  /// A few states out of all, each as likely as any other (reservoir sampling).
  fileprivate func someCuts(_ naming: CrashDisk.Naming, count: Int) async throws -> [PowerCut] {
    var random = SeededRandom(seed: 7)
    var some: [PowerCut] = []
    var met = 0
    var cuts = PowerCuts(of: operations, naming, seed: 0)
    try await cuts.forEach { cut in
      met += 1
      let place = Int.random(in: 0..<met, using: &random)
      if some.count < count { some.append(cut) } else if place < count { some[place] = cut }
    }
    return some
  }
}
