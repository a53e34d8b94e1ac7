import Foundation
import Glibc
import Testing

/// Folders in which documents of every kind lie side by side.
struct AttachmentTests {
  private static let png = Data([0x89] + "PNG\r\n\u{1A}\n\0\0\0\rIHDR\0\0\u{1}\0\0\0\u{1}\0".utf8)

  /// A folder with so many documents of each kind, and three that cannot be sent.
  private func makeDocuments(_ count: Int, in folder: Scratch) throws {
    for number in 0..<count {
      let name = "docs/\(number % 3)/\(number)"
      let tail = Data("\(number)".utf8) + Data(repeating: 7, count: 100)
      try folder.write(name + ".md", "Letter \(number)")
      try folder.write(name + ".pdf", Data("%PDF-1.4\n<</Type/Page>>".utf8) + tail)
      try folder.write(name + ".png", Self.png + tail)
      try folder.write(name + ".gif", Data("GIF89a\u{9}\0\u{9}\0\0\0\0".utf8) + tail)
    }
    try folder.write("docs/report.docx", Data("PK\u{3}\u{4}....word/document.xml".utf8))
    try folder.write("docs/photo.heic", Data("\0\0\0\u{18}ftypheic\0\0\0\0".utf8))
    try folder.write("docs/core", Data([0x7F, 0x45, 0x4C, 0x46, 0, 0xFF]))
  }

  private func job(_ provider: String, _ api: String) -> String {
    """
    input: docs/**/*
    output: out.jsonl
    provider: \(provider)
    api: \(api)
    model: any
    max_tokens: 32
    concurrency: 8
    key: env:REHEARSAL
    prompt: |-
      Describe {{path}}.{{#text}}
      {{text}}{{/text}}
    """
  }

  @Test(arguments: [("anthropic", "messages"), ("openai", "chat"), ("openai", "responses")])
  func `are sent each once through kills, and what cannot be is named`(
    _ provider: String,
    _ api: String
  ) throws {
    let folder = try Scratch()
    let simulator = try Provider(["--latency", "uniform:10ms-40ms"], in: folder)
    try makeDocuments(30, in: folder)
    try folder.write("job.yaml", job(provider, api))
    let run = ["run", "job.yaml", "--json", "--base-url", simulator.url]
    for lines in [20, 60] {
      let program = try Program(run, in: folder)
      try folder.wait(for: "\(lines) results") { folder.lines("out.jsonl").count >= lines }
      program.send(signal: SIGKILL)
      #expect(program.ending().status == -SIGKILL)
    }
    let ending = try folder.nightjar(run)
    #expect(ending.status == 1, "\(ending.errors)")
    let results = try folder.results()
    #expect(results.count == 120 && Set(results.map(\.custom_id)).count == 120)
    for result in results {
      let path = result.custom_id
      let number = path.split(separator: "/").last?.prefix { $0 != "." } ?? ""
      let prompt = "Describe \(path)." + (path.hasSuffix(".md") ? "\nLetter \(number)" : "")
      #expect(result.response.body.text?.contains(promptHash(prompt)) == true, "\(path)")
      let tokens = result.nightjar.usage.input_tokens
      let files = path.hasSuffix(".pdf") ? 3_000 : path.hasSuffix(".md") ? 0 : 1_500
      #expect((files..<files + 20).contains(tokens), "\(path): \(tokens)")
    }
    let failed = folder.read("out.failed.jsonl")
    for words in [
      "report.docx: is a Word document, which cannot be sent as it is: convert it with `libreoffice ",
      "photo.heic: is a HEIC image, which cannot be sent as it is: convert it with `heif-convert ",
      "core: is binary data of an unknown kind",
    ] {
      #expect(failed.contains(words), "\(failed)")
    }
    #expect(folder.lines("out.failed.jsonl").count == 3)
  }

  @Test func `that changed since are noticed, and kept nowhere`() throws {
    let folder = try Scratch()
    let simulator = try Provider(in: folder)
    try folder.write("docs/a.png", Self.png + Data("the first picture of all".utf8))
    try folder.write("docs/b.png", Self.png + Data("the second picture".utf8))
    try folder.write("job.yaml", job("anthropic", "messages"))
    let run = ["run", "job.yaml", "--json", "--base-url", simulator.url]
    #expect(try folder.nightjar(run).status == 0)
    let batch = folder.files.filter { $0.hasPrefix("out.jsonl") }
    let base64 = Data("first picture".utf8).base64EncodedString().prefix(12)
    for name in batch {
      let bytes = FileManager.default.contents(atPath: folder.path(of: name)) ?? Data()
      #expect(bytes.range(of: Data("first picture".utf8)) == nil, "\(name)")
      #expect(bytes.range(of: Data(base64.utf8)) == nil, "\(name)")
    }
    #expect(try folder.nightjar(run).status == 0)
    try folder.write("docs/b.png", Self.png + Data("another picture".utf8))
    let changed = try folder.nightjar(run)
    #expect(changed.status == 65 && changed.errors.contains("b.png"), "\(changed.errors)")
    #expect(try folder.nightjar(run + ["--rerun-changed"]).status == 0)
    #expect(simulator.requests.count == 3)
  }

  @Test func `are counted before they are sent, and under a budget`() throws {
    let folder = try Scratch()
    let simulator = try Provider(in: folder)
    try makeDocuments(2, in: folder)
    let text = job("anthropic", "messages").replacing("model: any", with: "model: claude-opus-4-8")
    try folder.write("job.yaml", text)
    let estimate = try folder.nightjar(["estimate", "job.yaml", "--json"])
    #expect(estimate.status == 0, "\(estimate.errors)")
    // Two PDFs of a page, two images of 256 pixels, two of 9, and some text.
    let tokens = estimate.output.firstMatch(of: /"input_tokens":([0-9]+)/)?.output.1
    #expect((6_500..<6_700).contains(tokens.flatMap { Int($0) } ?? 0), "\(estimate.output)")
    #expect(estimate.output.contains("\"unusable\":3"))
    let run = ["run", "job.yaml", "--json", "--base-url", simulator.url, "--budget", "1"]
    let ending = try folder.nightjar(run)
    #expect(ending.status == 1, "\(ending.errors)")
    #expect(try ending.report().completed == 8)
    #expect(folder.lines("out.failed.jsonl").count == 3)
  }

  @Test func `may share a prompt without a field, where texts may not`() throws {
    let folder = try Scratch()
    let simulator = try Provider(in: folder)
    let text = job("anthropic", "messages")
    let start = text.firstRange(of: "prompt:").map { text[..<$0.lowerBound] } ?? ""
    try folder.write("job.yaml", start + "prompt: Describe this picture.\n")
    let run = ["run", "job.yaml", "--json", "--base-url", simulator.url]
    try folder.write("docs/a.txt", "a letter")
    let refused = try folder.nightjar(run)
    #expect(refused.status == 78 && refused.errors.contains("names no field"), "\(refused.errors)")
    #expect(refused.errors.contains("job.yaml:"), "\(refused.errors)")
    try folder.write("docs/b.png", Self.png)
    let ending = try folder.nightjar(run)
    #expect(ending.status == 1, "\(ending.errors)")
    #expect(folder.lines("out.jsonl").count == 1)
    #expect(folder.read("out.failed.jsonl").contains("the prompt template names no {{text}}"))
  }

  @Test func `named by a line go beside its prompt, and others stay where they are`() throws {
    let folder = try Scratch()
    let simulator = try Provider(in: folder)
    try makeDocuments(1, in: folder)
    try folder.write("outside.png", Self.png)
    try folder.write(
      "docs/key.pdf",
      "%PDF-1.4\nAGE-SECRET-KEY-1\(String(repeating: "Q", count: 58))"
    )
    try folder.write("docs/own.pdf", "%PDF-1.4\nsk-rehearsal-0123456789abcdef0123456789abcdef")
    let links = [("link.png", "../outside.png"), ("inside.png", "0/0.png")]
    for (name, target) in links {
      #expect(unsafe symlink(target, folder.path(of: "docs/" + name)) == 0)
    }
    let absolute = folder.path(of: "docs/0/0.png")
    let lines = [
      #"["0/0.png","./0/0.pdf"]"#, #"["inside.png"]"#, "[]", #"["../outside.png"]"#,
      #"["0/../../outside.png"]"#, "[\"\(absolute)\"]", #"["link.png"]"#, #"["0/0.md"]"#,
      #"["key.pdf"]"#, #"["own.pdf"]"#, #"["report.docx"]"#, #"["none.png"]"#, #"["0"]"#,
      #""0/0.png""#,
      "[1]",
    ]
    let input = lines.enumerated().map {
      #"{"id":"\#($0.offset)","prompt":"Prompt \#($0.offset)","files":\#($0.element)}"# + "\n"
    }
    try folder.write("docs/in.jsonl", input.joined())
    let ending = try folder.nightjar(
      ["run", "docs/in.jsonl", "-o", "out.jsonl", "--follow-links"] + simulator.flags(),
      environment: ["REHEARSAL": "sk-rehearsal-0123456789abcdef0123456789abcdef"]
    )
    #expect(ending.status == 1, "\(ending.errors)")
    let tokens = try folder.results().map { ($0.custom_id, $0.nightjar.usage.input_tokens) }
    let sent = Dictionary(uniqueKeysWithValues: tokens)
    #expect(sent == ["0": 4_502, "1": 1_502, "2": 2, "13": 1_503])
    let codes = folder.lines("out.failed.jsonl").map { line in
      line.firstMatch(of: /"id":"(\d+)".*"code":"(\w+)"/).map { "\($0.output.1) \($0.output.2)" }
    }
    #expect(
      Set(codes.compactMap(\.self))
        == [
          "3 malformed_line", "4 malformed_line", "5 malformed_line", "6 unreadable_file",
          "7 unsendable_file", "8 secret_file", "9 secret_file", "10 unsendable_file",
          "11 unreadable_file", "12 unreadable_file", "14 malformed_line",
        ]
    )
    let queued = try folder.nightjar(["enqueue", "docs/in.jsonl", "--queue", "q"])
    #expect(queued.status == 0, "\(queued.errors)")
  }

  @Test func `named by a row of a table go beside its prompt`() throws {
    let folder = try Scratch()
    let simulator = try Provider(in: folder)
    try makeDocuments(1, in: folder)
    try folder.write("docs/in.csv", "prompt,files\nWhat is it?,0/0.png\nAnd now?,\n")
    let run = ["run", "docs/in.csv", "-o", "out.jsonl"] + simulator.flags()
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    let tokens = try folder.results().map { ($0.custom_id, $0.nightjar.usage.input_tokens) }
    #expect(Dictionary(uniqueKeysWithValues: tokens) == ["1": 1_503, "2": 2])
  }

  @Test func `have no place in a queue, which says so of each`() throws {
    let folder = try Scratch()
    try makeDocuments(1, in: folder)
    let ending = try folder.nightjar(["enqueue", "docs", "--queue", "q", "--json"])
    #expect(ending.output == "{\"new\":7,\"known\":0,\"bad\":6}\n", "\(ending.errors)")
    let status = try folder.nightjar(["status", "q"])
    #expect(status.output.contains("unsendable_document"), "\(status.output)")
  }
}
