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
}
