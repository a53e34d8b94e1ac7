import Foundation
import Testing

/// The job files that the repository ships, whichever there are.
private enum Shipped {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let jobFiles: [String] = ["jobs", "examples"].flatMap { top in
    let names = FileManager.default.enumerator(atPath: root.appending(path: top).path)
    return (names?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.map { top + "/" + $0 }
  }.sorted()

  /// What a job file says after `kind:` wherever it refers to a key.
  static func keys(_ kind: String, in text: String) -> [String] {
    text.components(separatedBy: kind + ":").dropFirst().map { rest in
      String(rest.prefix { $0.isLetter || $0.isNumber || "-_".contains($0) })
    }
  }
}

struct JobFileTests {
  /// The simulator needs no pace, and the limits in an example would cost the time they say.
  private let withoutLimits = ["--rpm", "600000", "--itpm", "60000000", "--otpm", "60000000"]

  @Test func `job files are found`() {
    #expect(Shipped.jobFiles.contains("jobs/three-sentences.yaml"))
    #expect(Shipped.jobFiles.contains("examples/first-batch/anthropic.yaml"))
  }

  @Test(arguments: Shipped.jobFiles)
  func `every job file of the repository runs`(name: String) throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let source = Shipped.root.appending(path: name)
    try FileManager.default.copyItem(
      at: source.deletingLastPathComponent(),
      to: URL(fileURLWithPath: folder.path(of: "copy"))
    )
    let jobFile = "copy/" + source.lastPathComponent
    let text = folder.read(jobFile)
    #expect(try folder.nightjar(["keys", "init"]).status == 0)
    for id in Shipped.keys("keystore", in: text) {
      #expect(try folder.nightjar(["keys", "add", id], input: "made-up").status == 0)
    }
    let variables = Shipped.keys("env", in: text).map { ($0, "made-up") }
    let ending = try folder.nightjar(
      ["run", jobFile, "--base-url", provider.url, "--json"] + withoutLimits,
      environment: Dictionary(variables) { first, _ in first }
    )
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.report()
    #expect(report.total > 0)
    #expect(report.completed == report.total)
    let status = try folder.nightjar(["status", jobFile, "--json"])
    #expect(try status.report().completed == report.total)
  }

  @Test func `flags beat the environment, which beats the job file`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--models", "flag,variable"], in: folder)
    try folder.write("in.jsonl", prompts(0..<1))
    try folder.write(
      "job.yaml",
      """
      input: in.jsonl
      output: out.jsonl
      provider: anthropic
      model: file
      max_tokens: 9
      key: env:REHEARSAL

      """
    )
    func run(_ output: String, _ model: String?, _ flags: [String]) throws -> Int32 {
      try folder.nightjar(
        ["run", "job.yaml", "-o", output, "--base-url", provider.url] + flags,
        environment: model.map { ["NIGHTJAR_MODEL": $0] } ?? [:]
      ).status
    }
    #expect(try run("flag.jsonl", "nonsense", ["--model", "flag"]) == 0)
    #expect(try run("variable.jsonl", "variable", []) == 0)
    #expect(try run("file.jsonl", nil, []) == 1)
    #expect(folder.read("file.failed.jsonl").contains("model: file"))
  }

  @Test(arguments: [
    ("modle: x", "bad.yaml:4", "`model`"), ("concurrency: many", "bad.yaml:4", "concurrency"),
    ("accounts: [", "bad.yaml:5", "YAML"), ("prompt: '{{#text}}'", "bad.yaml:4", "section"),
  ])
  func `a bad job file is refused with its line`(
    line: String,
    place: String,
    word: String
  ) throws {
    let folder = try Scratch()
    try folder.write("in.jsonl", prompts(0..<1))
    try folder.write(
      "bad.yaml",
      "input: in.jsonl\noutput: out.jsonl\nprovider: anthropic\n\(line)\n"
    )
    let ending = try folder.nightjar(["run", "bad.yaml"])
    #expect(ending.status == 78)
    #expect(ending.errors.contains(place), "\(ending.errors)")
    #expect(ending.errors.contains(word), "\(ending.errors)")
    #expect(ending.errors.contains("next: "), "\(ending.errors)")
    #expect(!folder.exists("out.jsonl.nightjar"))
  }
}
