import Foundation
import Glibc
import Testing

/// Disks that fail a write, or do not confirm it, at any point of the work.
@Suite(.enabled(if: FaultyDisk.isPossible, "needs a C compiler"))
struct FaultyDiskTests {
  private static let concurrency = 8

  /// What is done on the disk.
  enum Work: String, CaseIterable {
    case run, queue
  }

  /// One batch after the other on a disk that fails each of them once.
  private struct Disk {
    let folder: Scratch
    let provider: Provider
    let disk: FaultyDisk
    let jobs: Int

    init(jobs: Int) throws {
      self.jobs = jobs
      folder = try Scratch()
      provider = try Provider(["--latency", "uniform:1ms-10ms", "--for", "900"], in: folder)
      disk = try FaultyDisk(in: folder)
      try folder.write("in.jsonl", prompts(0..<jobs))
    }

    /// Does all the work anew with a fault in it, and then again without.
    ///
    /// - Returns: how it ended with the fault; nil when there was none to meet.
    func meet(_ fault: FaultyDisk.Fault, at work: Work, mayRepeat: Int) throws -> Program.Ending? {
      let name = "\(work)-\(fault.call)\(fault.isLasting ? "s" : "")-\(fault.number)"
      let before = provider.requests.count
      let command = try command(for: work, batch: "disk/" + name)
      let failed = try disk.nightjar(command, fault)
      guard disk.hasFailed else { return nil }
      let ending = try folder.nightjar(command)
      #expect(ending.status == 0, "\(name): \(ending.errors)")
      if work == .queue {
        let export = ["export", "disk/" + name, "-o", "disk/\(name).jsonl"]
        #expect(try folder.nightjar(export).status == 0)
      }
      try folder.expectResults(0..<jobs, in: "disk/\(name).jsonl")
      let repeated = provider.requests.count - before - jobs
      #expect(repeated <= mayRepeat, "\(name): \(failed.errors)")
      #expect(try ending.report().unknown == repeated, "\(name): \(failed.errors)")
      return failed
    }

    private func command(for work: Work, batch: String) throws -> [String] {
      let flags = ["--concurrency", "\(FaultyDiskTests.concurrency)"] + provider.flags()
      guard work == .queue else { return ["run", "in.jsonl", "-o", batch + ".jsonl"] + flags }
      #expect(try folder.nightjar(["enqueue", "in.jsonl", "--queue", batch]).status == 0)
      return ["work", "--queue", batch, "--until-empty"] + flags
    }
  }

  /// A checkpoint as the batch is closed may fail: all of it is in its log then.
  private func isComplete(_ ending: Program.Ending, jobs: Int) -> Bool {
    ending.status == 0 && (try? ending.report().completed) == jobs
  }

  @Test(arguments: Work.allCases)
  func `a write that the disk does not confirm stops the work, and nothing is asked twice`(
    work: Work
  ) throws {
    let disk = try Disk(jobs: 60)
    var stops = 0
    for number in 1...40 {
      let fault = FaultyDisk.Fault(call: .sync, number: number)
      guard let ending = try disk.meet(fault, at: work, mayRepeat: 0) else { break }
      guard !isComplete(ending, jobs: disk.jobs) else { continue }
      stops += 1
      #expect(ending.status == 73, "sync \(number): \(ending.errors)")
      #expect(ending.errors.contains("the disk did not confirm"), "\(number): \(ending.errors)")
      #expect(ending.errors.contains("run the same command"), "\(number): \(ending.errors)")
    }
    #expect(stops > 5)
  }

  @Test(arguments: Work.allCases)
  func `a disk that confirms nothing any more ends the work all the same`(work: Work) throws {
    let disk = try Disk(jobs: 60)
    for number in [1, 3, 6, 9] {
      let fault = FaultyDisk.Fault(call: .sync, number: number, isLasting: true)
      let ending = try disk.meet(fault, at: work, mayRepeat: 0)
      #expect(ending?.status == 73, "\(ending?.errors ?? "there was no fault")")
    }
  }

  @Test(arguments: [
    (EDQUOT, "the disk quota is used up"), (EROFS, "read-only file system"),
    (ENOSPC, "the disk is full"),
  ])
  func `a disk that takes nothing any more says why`(error: Int32, reason: String) throws {
    let disk = try Disk(jobs: 60)
    for number in [40, 60] {
      let fault = FaultyDisk.Fault(call: .write, number: number, error: error, isLasting: true)
      let met = try disk.meet(fault, at: .queue, mayRepeat: Self.concurrency)
      let ending = try #require(met)
      #expect(ending.status == 73 && ending.errors.contains(reason), "\(number): \(ending.errors)")
    }
  }

  @Test(arguments: Work.allCases)
  func `a write that fails stops the work, and loses no more than was on its way`(work: Work) throws
  {
    let disk = try Disk(jobs: 60)
    for number in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144] {
      let fault = FaultyDisk.Fault(call: .write, number: number)
      guard let ending = try disk.meet(fault, at: work, mayRepeat: Self.concurrency),
        !isComplete(ending, jobs: disk.jobs)
      else { continue }
      #expect(ending.status == 73, "write \(number): \(ending.errors)")
      #expect(
        ending.errors.contains(/(input\/output|disk I\/O) error/),
        "\(number): \(ending.errors)"
      )
      #expect(ending.errors.contains("run the same command"), "\(number): \(ending.errors)")
    }
  }
}
