import Foundation
import TestSupport
import Testing

/// A small disk of its own for a test.
private final class SmallDisk {
  /// Only root may mount, and not in every container.
  static let isPossible: Bool = {
    guard getuid() == 0, let folder = try? Scratch() else { return false }
    return (try? SmallDisk(at: folder.path, size: "64k")) != nil
  }()

  private let path: String

  init(at path: String, size: String) throws {
    self.path = path
    try Tool.run("mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path])
  }

  deinit { try? Tool.run("umount", [path]) }

  func grow(to size: String) throws {
    try Tool.run("mount", ["-o", "remount,size=\(size)", path])
  }
}

struct FullDiskTests {
  @Test(.enabled(if: SmallDisk.isPossible, "needs to mount a small disk"))
  func `a full disk stops the run and room lets it finish`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "5ms"], in: folder)
    try FileManager.default.createDirectory(
      atPath: folder.path(of: "disk"),
      withIntermediateDirectories: false
    )
    let disk = try SmallDisk(at: folder.path(of: "disk"), size: "700k")
    try folder.write("in.jsonl", prompts(0..<1_500))
    let run = ["run", "in.jsonl", "-o", "disk/out.jsonl", "--concurrency", "20"]
    let full = try folder.nightjar(run + provider.flags())
    #expect(full.status == 73, "\(full.errors)")
    #expect(full.errors.contains("disk/out"), "\(full.errors)")
    #expect(full.errors.contains("free some space"), "\(full.errors)")
    let before = provider.requests.count
    #expect(before > 0 && before < 1_500)
    try disk.grow(to: "64m")
    let ending = try folder.nightjar(run + provider.flags())
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<1_500, in: "disk/out.jsonl")
    #expect(provider.requests.count <= 1_500 + 20)
  }
}
