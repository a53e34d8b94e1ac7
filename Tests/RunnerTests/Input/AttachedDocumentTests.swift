import Foundation
import JSON
import Jobs
import Runner
import Testing

@Suite struct `A PDF or an image among the documents` {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.write("a letter", to: "docs/a.txt")
    try write(SmallFile.pdf(pages: 3), "docs/b.pdf")
    try write(SmallFile.png(width: 280, height: 280), "docs/c.png")
  }

  private func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
  }

  /// What each document makes: its prompt's parts, or why it cannot be sent.
  private func made(_ settings: PromptSettings, _ provider: any Provider = Anthropic()) async throws
    -> [String]
  {
    let documents = DocumentFolder(folder.file("docs"))
    let preview = RunPreview(
      input: RunInput(source: .folder(documents), name: "docs", path: folder.file("docs")),
      preparer: JobPreparer(
        provider: provider,
        settings: settings,
        documents: documents,
        inputName: "docs"
      ),
      provider: provider,
      endpoint: Anthropic.defaultEndpoint,
      key: "key"
    )
    return try await preview.lines(9).lines.map { line in
      let value = try JSONValue(parsing: Array(line.utf8))
      if let message = value["error"]?["message"]?.string { return message }
      let content = value["body"]?["messages"]?.elements?.last?["content"]
      let parts = content?.elements?.map { $0["text"]?.string ?? $0["type"]?.string ?? "" }
      return content?.string ?? parts?.joined(separator: "|") ?? ""
    }
  }

  private func settings(_ template: String?, system: String? = nil) throws -> PromptSettings {
    PromptSettings(
      model: "claude-opus-4-6",
      maxTokens: 9,
      system: system,
      template: try template.map { try PromptTemplate($0) }
    )
  }

  @Test func `is sent before the prompt of the same template, which knows its name`() async throws {
    let template = "{{path}} of {{name}}?{{#text}} {{text}}{{/text}}"
    #expect(
      try await made(settings(template))
        == [
          "a.txt of a.txt? a letter", "document|b.pdf of b.pdf?", "image|c.png of c.png?",
        ]
    )
  }

  @Test func `has no text that a template could name`() async throws {
    let made = try await made(settings("Sum up: {{text}}"))
    #expect(made[0] == "Sum up: a letter")
    #expect(
      made[1]
        == "docs/b.pdf: the prompt template names {{text}}, and this is a PDF, which has none "
        + "and is sent as it is; leave {{text}} out, or write {{#text}}{{text}}{{/text}} where there "
        + "are texts too"
    )
    #expect(made[2].contains("this is a PNG image"))
  }

  @Test func `needs a question, which a system prompt can be`() async throws {
    let made = try await made(settings(nil))
    #expect(made[0] == "a letter")
    let words = "docs/b.pdf: is a PDF, and nothing says what to do with it; set `prompt`"
    #expect(made[1].hasPrefix(words))
    #expect(
      try await self.made(settings(nil, system: "Sum up.")) == ["a letter", "document", "image"]
    )
  }

  @Test func `may have a prompt that is the same for all, where a text would be lost`() async throws
  {
    let made = try await made(settings("Sum up this document."))
    #expect(made[0].hasPrefix("docs/a.txt: the prompt template names no {{text}}"))
    #expect(made[1...].elementsEqual(["document", "image"].map { $0 + "|Sum up this document." }))
  }

  @Test func `is refused where texts alone are taken`() async throws {
    let made = try await made(settings("{{path}}"), OpenAI(api: .embeddings))
    #expect(made[1] == "docs/b.pdf: is a PDF, and this API of openai takes texts alone")
  }

  @Test func `that the provider would refuse is named before it is sent`() async throws {
    try write(SmallFile.pdf(pages: 601), "docs/b.pdf")
    let made = try await made(settings("{{path}}"))
    #expect(made[1].hasPrefix("docs/b.pdf: has 601 pages; 600 is the most"))
  }

  @Test func `reserves the memory of its Base64 before it is read`() async throws {
    let image = SmallFile.png(width: 280, height: 280)
    try write(image + [UInt8](repeating: 0, count: 3_000), "docs/c.png")
    let text = "\"a.txt\"\n\"b.pdf\"\n\"c.png\"\n"
    let preparer = JobPreparer(
      provider: Anthropic(),
      settings: try settings(nil, system: "s"),
      documents: DocumentFolder(folder.file("docs")),
      inputName: "docs"
    )
    let segment = ClaimedSegment(
      lease: SegmentLease(segment: 1, epoch: 1),
      segment: Segment(
        firstJob: 0,
        jobCount: 3,
        firstLine: 1,
        source: .inline(Array(text.utf8)),
        priority: 0
      ),
      finished: [],
      retryable: [:]
    )
    let loader = JobLoader(file: nil, preparer: preparer)
    let shapes = try await loader.jobs(of: segment).map(\.job.shape)
    #expect(shapes[0].attached == nil && shapes[0].bytes == 9)
    #expect(shapes[1].attached?.tokens.expected == 3_000)
    #expect(shapes[2].attached?.tokens.expected == 100)
    #expect(shapes[2].bytes >= 4_000 && shapes[2].textBytes < 10)
  }

  @Test func `cannot be run from the file of failed jobs, which holds none`() throws {
    let line =
      #"{"id":"b.pdf","path":"b.pdf","name":"b.pdf","attached":"application/pdf","#
      + #""error":{"by":"nightjar","code":"invalid_request_error","message":"docs/b.pdf: no"}}"#
    let error = #expect(throws: InputLineError.self) {
      try parseLine(Array(line.utf8)[...])
    }
    #expect(error?.message.contains("so run the folder again") == true)
    #expect(error?.code == "invalid_request_error")
  }
}
