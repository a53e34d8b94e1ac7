import Foundation
import TestSupport
import Testing

/// The walks of `examples/` that are scripts.
struct RotationExampleTests {
  private static let examples = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "examples").path

  @Test(.enabled(if: OpenBaoServer.isInstalled, "needs bao and curl; scripts/setup installs them"))
  func `the rotation drill runs and loses nothing`() throws {
    let folder = try Scratch()
    let drill = try Program(
      ["55", Self.examples + "/vault-rotation/run", Program.path, folder.path(of: "work")],
      in: folder,
      // Whatever happens, it shall end what it started.
      executable: "/usr/bin/timeout"
    )
    let ending = drill.ending()
    #expect(ending.status == 0, "\(ending.output)\n\(ending.errors)")
    #expect(ending.output.contains(#""completed":600,"failed":0"#))
    #expect(ending.output.contains("account main: parked"))
  }
}
