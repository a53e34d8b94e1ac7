import Jobs
import Runner
import Testing

@Suite struct `A request with a file` {
  private static let pdf = AttachedFile(.pdf, name: "a \"b\".pdf", bytes: Array("%PDF-".utf8))
  private static let png = AttachedFile(
    .image(.png),
    name: "c.png",
    bytes: [0x89, 0x50, 0x4E, 0x47]
  )

  private func body(_ provider: any Provider, _ file: AttachedFile, _ text: BodyText = "What?")
    throws
    -> String
  {
    let prompt = Prompt(
      text: text,
      attachments: [file],
      system: "Be brief.",
      model: "m",
      maxTokens: 9
    )
    let request = try provider.request(for: .prompt(prompt))
    return String(decoding: request.body, as: UTF8.self)
  }

  @Test func `has a document or image block at Anthropic`() throws {
    #expect(
      try body(Anthropic(), Self.pdf)
        == #"{"model":"m","max_tokens":9,"system":"Be brief.","messages":[{"role":"user","content":[{"#
        + #""type":"document","source":{"type":"base64","media_type":"application/pdf","#
        + #""data":"JVBERi0="}},{"type":"text","text":"What?"}]}],"stream":false}"#
    )
    #expect(
      try body(Anthropic(), Self.png)
        == #"{"model":"m","max_tokens":9,"system":"Be brief.","messages":[{"role":"user","content":[{"#
        + #""type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw=="}},"#
        + #"{"type":"text","text":"What?"}]}],"stream":false}"#
    )
  }

  @Test func `has a file or image part in OpenAI's chat`() throws {
    let start =
      #"{"model":"m","max_completion_tokens":9,"messages":[{"role":"system","content":"Be brief."},"#
      + #"{"role":"user","content":["#
    #expect(
      try body(OpenAI(), Self.pdf) == start
        + #"{"type":"file","file":{"filename":"a \"b\".pdf","#
        + #""file_data":"data:application/pdf;base64,JVBERi0="}},"#
        + #"{"type":"text","text":"What?"}]}],"stream":false}"#
    )
    #expect(
      try body(OpenAI(), Self.png) == start
        + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}},"#
        + #"{"type":"text","text":"What?"}]}],"stream":false}"#
    )
  }

  @Test func `has an input file or image in OpenAI's responses`() throws {
    let start =
      #"{"model":"m","max_output_tokens":9,"instructions":"Be brief.","#
      + #""input":[{"role":"user","content":["#
    let provider = OpenAI(api: .responses)
    #expect(
      try body(provider, Self.pdf) == start
        + #"{"type":"input_file","filename":"a \"b\".pdf","#
        + #""file_data":"data:application/pdf;base64,JVBERi0="},"#
        + #"{"type":"input_text","text":"What?"}]}],"stream":false}"#
    )
    #expect(
      try body(provider, Self.png) == start
        + #"{"type":"input_image","image_url":"data:image/png;base64,iVBORw=="},"#
        + #"{"type":"input_text","text":"What?"}]}],"stream":false}"#
    )
  }

  @Test func `has no text where the file stands for itself`() throws {
    #expect(try body(Anthropic(), Self.png, "").contains(#""data":"iVBORw=="}}]}]"#))
    #expect(try body(OpenAI(), Self.png, "").contains(#"iVBORw=="}}]}]"#))
    #expect(throws: ProviderError.self) { try body(OpenAI(api: .embeddings), Self.png) }
  }

  @Test(arguments: 0..<8)
  func `holds every byte of it`(_ count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 251 &* $0 &+ 3) }
    let file = AttachedFile(.pdf, name: "a", bytes: bytes)
    let found = try body(Anthropic(), file).firstMatch(of: /"data":"([^"]*)"/)?.output.1 ?? "none"
    #expect(found.utf8.count == AttachedFile.base64Count(of: count))
    #expect(SmallFile.decoded(String(found)) == bytes)
  }

  @Test func `costs what its text and its files can, not what its bytes would`() throws {
    let image = SmallFile.png(width: 1_000, height: 1_000) + [UInt8](repeating: 0, count: 900_000)
    let file = AttachedFile(.image(.png), name: "a.png", bytes: image)
    let prompt = Prompt(text: "What?", attachments: [file], model: "claude-opus-4-6", maxTokens: 9)
    let request = try Anthropic().request(for: .prompt(prompt))
    var shape = RequestShape(of: request, maxTokens: 9)
    let rules = try #require(Anthropic().attachmentRules(for: "claude-opus-4-6"))
    shape.attached = rules.shape(of: file.extent, bytes: file.bytes.count)
    #expect(shape.bytes > 1_200_000 && shape.textBytes < 300)
    let bound = try RequestBound(of: request, shape: shape)
    #expect((1_296..<1_700).contains(bound.input) && bound.output == 9)
  }
}
