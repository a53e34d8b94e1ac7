import Glibc
import TestSupport

/// A small disk of its own for a test.
final class SmallDisk {
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

  deinit { try? Tool.run("umount", ["--lazy", path]) }

  func grow(to size: String) throws {
    try Tool.run("mount", ["-o", "remount,size=\(size)", path])
  }

  func makeReadOnly(_ isReadOnly: Bool) throws {
    try Tool.run("mount", ["-o", "remount,\(isReadOnly ? "ro" : "rw")", path])
  }
}

extension Scratch {
  /// A small disk at a folder of this one.
  func disk(_ name: String = "disk", size: String) throws -> SmallDisk {
    try write(name + "/mounted-over", "")
    return try SmallDisk(at: path(of: name), size: size)
  }
}
