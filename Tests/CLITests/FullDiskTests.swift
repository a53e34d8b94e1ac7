import Foundation
import TestSupport
import Testing

/// Disks that fill up in the middle of a run, at every place that a run writes to.
@Suite(.enabled(if: SmallDisk.isPossible, "needs to mount a small disk"))
struct FullDiskTests {
  private static let jobs = 1_200

  /// A run whose batch, its journals and audit log included, or whose results lie on a small disk.
  private struct Batch {
    let folder: Scratch
    let provider: Provider
    let disk: SmallDisk
    let run: [String]
    let output: String

    init(output: String, batch: String, disk size: String) throws {
      folder = try Scratch()
      provider = try Provider(["--latency", "uniform:2ms-30ms"], in: folder)
      disk = try folder.disk(size: size)
      self.output = output
      try folder.write("in.jsonl", prompts(0..<jobs))
      run =
        ["run", "in.jsonl", "-o", output, "--queue", batch, "--concurrency", "20"]
        + provider.flags()
    }

    /// Runs out of room, and to the end once there is more; nothing is asked or written twice.
    func expectRecovery() throws {
      let full = try folder.nightjar(run)
      #expect(full.status == 73, "\(full.errors)")
      #expect(full.errors.contains(folder.path(of: "disk/")) || full.errors.contains("disk/"))
      #expect(full.errors.contains("the disk is full"), "\(full.errors)")
      #expect(full.errors.contains(/at least \d+ bytes are needed/), "\(full.errors)")
      #expect(full.errors.contains("bytes are free"), "\(full.errors)")
      #expect(full.errors.contains("next: free some space"), "\(full.errors)")
      #expect(provider.requests.count < jobs)
      #expect(folder.read(output).isEmpty || folder.read(output).hasSuffix("\n"))
      try disk.grow(to: "64m")
      let ending = try folder.nightjar(run)
      #expect(ending.status == 0, "\(ending.errors)")
      try folder.expectResults(0..<jobs, in: output)
      #expect(provider.requests.count == jobs, "a job that was answered was asked again")
      #expect(try ending.report().unknown == 0)
      #expect(!folder.files.contains { $0.hasSuffix("-reserve") })
    }
  }

  @Test(arguments: ["80k", "160k", "240k", "360k", "500k", "800k"])
  func `a full disk stops the run and room lets it finish`(size: String) throws {
    try Batch(output: "disk/out.jsonl", batch: "disk/batch", disk: size).expectRecovery()
  }

  @Test(arguments: ["128k", "300k", "600k"])
  func `a full disk of the batch alone loses nothing`(size: String) throws {
    try Batch(output: "out.jsonl", batch: "disk/batch", disk: size).expectRecovery()
  }

  @Test(arguments: ["4k", "64k", "256k"])
  func `a full disk of the results alone loses nothing`(size: String) throws {
    try Batch(output: "disk/out.jsonl", batch: "batch", disk: size).expectRecovery()
  }

  @Test func `a disk that stays full says so each time and loses nothing`() throws {
    let batch = try Batch(output: "disk/out.jsonl", batch: "disk/batch", disk: "400k")
    for _ in 0..<2 {
      #expect(try batch.folder.nightjar(batch.run).status == 73)
    }
    try batch.expectRecovery()
  }

  @Test func `a disk that can no longer be written is named, and its results stay readable`() throws
  {
    let batch = try Batch(output: "disk/out.jsonl", batch: "disk/batch", disk: "16m")
    #expect(try batch.folder.nightjar(batch.run).status == 0)
    try batch.disk.makeReadOnly(true)
    let run = try batch.folder.nightjar(batch.run)
    #expect(run.status == 73, "\(run.errors)")
    #expect(run.errors.contains("read-only file system"), "\(run.errors)")
    #expect(run.errors.contains("disk/batch"), "\(run.errors)")
    try batch.folder.expectResults(0..<Self.jobs, in: "disk/out.jsonl")
    let status = try batch.folder.nightjar(["status", "disk/batch"])
    #expect(status.status == 0, "\(status.errors)")
  }
}
