import Foundation
import Runner
import Testing

/// The job files that the documents show.
@Suite struct `A documented job file` {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The indented blocks that begin with one of these fields, which no other file begins with.
  private static let blocks: [String] = {
    let pages = (try? FileManager.default.contentsOfDirectory(atPath: "\(root.path)/docs")) ?? []
    return (["README.md"] + pages.map { "docs/\($0)" }).flatMap { path in
      let text = (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
      return text.components(separatedBy: "\n\n").filter { block in
        ["    input:", "    accounts:", "    secrets:"].contains { block.hasPrefix($0) }
      }
    }
  }()

  @Test func `is found`() { #expect(Self.blocks.count >= 4) }

  @Test(arguments: blocks)
  func `says only what a job file can say`(block: String) throws {
    let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.map { $0.dropFirst(4) }.joined(separator: "\n")
    _ = try JobFile(reading: text, file: "documented.yaml")
  }
}
