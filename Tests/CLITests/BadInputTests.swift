import Foundation
import Testing

/// Inputs of which a part is no good: that part fails, in its own place and words; the rest runs.
struct BadInputTests {
  @Test func `bad lines fail and the others run`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let bad = ["no JSON", #"{"id":"0","prompt":"again"}"#, #"{"id":"","prompt":"whose?"}"#, "[]"]
    try folder.write(
      "in.jsonl",
      prompts(0..<5) + bad.joined(separator: "\n") + "\n" + prompts(5..<9)
    )
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags())
    #expect(ending.status == 1, "\(ending.errors)")
    try folder.expectResults(0..<9)
    let failures = try folder.failures().map(\.error.message)
    #expect(failures.count == bad.count)
    for number in 6...9 {
      #expect(failures.contains { $0.hasPrefix("in.jsonl:\(number): ") }, "\(failures)")
      #expect(ending.errors.contains("in.jsonl:\(number): "), "\(ending.errors)")
    }
    #expect(failures.contains { $0.contains("line 1 too") })
    #expect(ending.errors.contains("out.failed.jsonl"))
    #expect(try ending.report().failed == bad.count)
  }

  @Test func `a line of 70 MB fails by itself, with its size and the limit`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let long = #"{"id":"long","prompt":"\#(String(repeating: "x", count: 70_000_000))"}"#
    try folder.write("in.jsonl", prompts(0..<3) + long + "\n" + prompts(3..<6))
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags())
    #expect(ending.status == 1, "\(ending.errors)")
    try folder.expectResults(0..<6)
    #expect(try folder.failures().map(\.error.message).first?.hasPrefix("in.jsonl:4: ") == true)
    #expect(
      ending.errors.contains(
        "in.jsonl:4: the line has 70000026 bytes, and a line may have "
      ),
      "\(ending.errors)"
    )
  }

  @Test func `documents that cannot be read fail and the others run`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    for number in 0..<5 { try folder.write("docs/\(number)", "Prompt \(number)") }
    try folder.write("docs/empty", "")
    try folder.write("docs/latin", Data([0x63, 0x61, 0x66, 0xE9]))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(of: "docs/dangling"),
      withDestinationPath: "nowhere"
    )
    let ending = try folder.nightjar(["run", "docs", "-o", "out.jsonl"] + provider.flags())
    #expect(ending.status == 1, "\(ending.errors)")
    try folder.expectResults(0..<5)
    let failures = try folder.failures()
    #expect(failures.compactMap(\.id).sorted() == ["dangling", "empty", "latin"])
    for failure in failures {
      #expect(failure.error.message.contains("docs/\(try #require(failure.id)): "))
    }
    for reason in ["no such file", "empty", "UTF-8"] { #expect(ending.errors.contains(reason)) }
  }

  @Test func `a prompt that the provider refuses fails with the provider's words`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--fail-prompt", "Prompt 3"], in: folder)
    try folder.write("in.jsonl", prompts(0..<6))
    let ending = try folder.nightjar(["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags())
    #expect(ending.status == 1, "\(ending.errors)")
    try folder.expectResults([0, 1, 2, 4, 5])
    #expect(try folder.failures().map(\.id) == ["3"])
    #expect(ending.errors.contains("next: `nightjar retry out.jsonl`"), "\(ending.errors)")
    #expect(provider.requests.count == 6)
  }

  @Test func `the failed jobs run again as they are`() throws {
    let folder = try Scratch()
    let refusing = try Provider(["--fail-prompt", "Prompt"], in: folder)
    try folder.write("in.jsonl", prompts(0..<5))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + refusing.flags()
    #expect(try folder.nightjar(run).status == 1)
    let provider = try Provider(in: folder)
    let again = ["run", "out.failed.jsonl", "-o", "again.jsonl"] + provider.flags()
    #expect(try folder.nightjar(again).status == 0)
    try folder.expectResults(0..<5, in: "again.jsonl")
  }

  @Test func `under strict a bad line stops the run before anything is sent`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<5) + "no JSON\n")
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--strict"] + provider.flags()
    let ending = try folder.nightjar(run)
    #expect(ending.status == 65)
    #expect(ending.errors.contains("in.jsonl:6: "), "\(ending.errors)")
    #expect(ending.errors.contains("next: "))
    #expect(provider.requests.isEmpty)
    #expect(folder.files.allSatisfy { !$0.hasPrefix("out.") })
  }

  @Test func `an input that changed is refused and may be put back`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--fail-prompt", "Prompt 2"], in: folder)
    try folder.write("in.jsonl", prompts(0..<3))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run).status == 1)
    let other = #"{"id":"1","prompt":"something else"}"# + "\n"
    try folder.write("in.jsonl", prompts(0..<1) + other + prompts(2..<3))
    let changed = try folder.nightjar(run)
    #expect(changed.status == 65, "\(changed.errors)")
    #expect(changed.errors.contains("in.jsonl"))
    #expect(changed.errors.contains("next: "))
    try folder.write("in.jsonl", prompts(0..<3))
    #expect(try folder.nightjar(run).status == 1)
    #expect(provider.requests.count == 3)
  }

  @Test func `lines that were added are run by the same command`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<4))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run).status == 0)
    try folder.append("in.jsonl", prompts(4..<9))
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<9)
    #expect(provider.requests.count == 9)
  }
}
