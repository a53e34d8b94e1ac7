import Foundation
import TestSupport
import Testing

/// What a replaced key leaves behind in the memory of the program that goes on.
@Suite(.enabled(if: MemoryScan.isPermitted, "needs root to read another process's memory"))
struct KeyMemoryTests {
  private static let concurrency = 20

  private struct Drill {
    let folder: Scratch
    let provider: Provider
    let old = Self.randomKey()
    let new = Self.randomKey()

    init() throws {
      folder = try Scratch()
      provider = try Provider(
        ["--account", "main=\(old)", "--account", "main=\(new)", "--revoke", "\(old)@3"]
          + ["--latency", "100ms"],
        in: folder
      )
      try folder.write("in.jsonl", prompts(0..<20_000))
      try put(old)
    }

    /// Puts a key where the program reads it.
    func put(_ key: String) throws {
      try folder.write("new", key + "\n")
      let (new, secret) = (folder.path(of: "new"), folder.path(of: "secret"))
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: new)
      #expect(unsafe rename(new, secret) == 0)
    }

    /// Runs until the old key is out of use, and the new one has been used by every place that
    /// could still hold the old.
    func run(at url: String, _ more: [String]) throws -> Program {
      let program = try Program(
        ["run", "in.jsonl", "-o", "out.jsonl", "--base-url", url, "--provider", "anthropic"]
          + ["--model", "any", "--max-tokens", "64", "--key", "file:secret"]
          + ["--concurrency", "\(concurrency)"] + more,
        in: folder
      )
      try folder.wait(for: "answers to the old key") { folder.lines("out.jsonl").count > 0 }
      try put(new)
      let audit = "out.jsonl.nightjar-audit"
      try folder.wait(for: "the end of the old key") {
        folder.lines(audit).contains { $0.contains(#""event":"retired""#) }
      }
      // Its connections close while others work.
      let answered = folder.lines("out.jsonl").count
      try folder.wait(for: "answers to the new key") {
        folder.lines("out.jsonl").count > answered + 10 * concurrency
      }
      return program
    }

    private static func randomKey() -> String {
      "sk-"
        + (0..<48).map { _ in String("ghjkmnpqrstvwxyz23456789".randomElement() ?? "g") }.joined()
    }
  }

  private func expectReplaced(_ drill: Drill, in program: Program) throws {
    program.send(signal: SIGSTOP)
    defer { program.send(signal: SIGKILL) }
    let forms =
      Canary.forms(of: drill.old) + [
        // What the allocator's own notes would not overwrite in a freed block.
        String(drill.old.suffix(20)), String(drill.old.reversed()),
      ]
    let hits = try MemoryScan(program.pid).hits(of: (forms + [drill.new]).map { Array($0.utf8) })
    #expect(try #require(hits.last) > 0, "the key in use was not found: the search is no good")
    for (form, hits) in zip(forms, hits) { #expect(hits == 0, "\(form)") }
  }

  @Test func `over HTTP/1.1 nothing`() throws {
    let drill = try Drill()
    let program = try drill.run(at: drill.provider.url, [])
    try expectReplaced(drill, in: program)
  }

  @Test(.enabled(if: NginxServer.isInstalled, "needs nginx and openssl"))
  func `over HTTP/2 nothing`() throws {
    let drill = try Drill()
    let nginx = try NginxServer(locations: "location / { proxy_pass \(drill.provider.url); }")
    let program = try drill.run(at: nginx.tlsURL, ["--ca-file", nginx.caFile])
    try expectReplaced(drill, in: program)
  }
}
