import Jobs
import Runner
import Testing

@Suite struct `A file that is attached` {
  private func pixels(_ kind: DocumentKind, _ bytes: [UInt8]) -> [Int]? {
    PixelSize(of: kind, in: bytes[...]).map { [$0.width, $0.height] }
  }

  @Test func `tells the size of its image`() {
    #expect(pixels(.image(.png), SmallFile.png(width: 640, height: 70_000)) == [640, 70_000])
    #expect(pixels(.image(.gif), SmallFile.gif(width: 300, height: 4_000)) == [300, 4_000])
    #expect(pixels(.image(.jpeg), SmallFile.jpeg(width: 4_032, height: 3_024)) == [4_032, 3_024])
    #expect(
      pixels(.image(.jpeg), SmallFile.jpeg(width: 9, height: 8, preview: 60_000)) == [9, 8]
    )
    for format in ["VP8 ", "VP8L", "VP8X"] {
      let image = SmallFile.webp(format, width: 1_234, height: 567)
      #expect(pixels(.image(.webp), image) == [1_234, 567], "\(format)")
    }
  }

  @Test(arguments: DocumentKind.ImageFormat.allCases)
  func `tells no size where it is cut or damaged`(_ format: DocumentKind.ImageFormat) {
    let whole = SmallFile.image(format, width: 90, height: 80)
    #expect(pixels(.image(format), whole) == [90, 80])
    #expect(pixels(.image(format), Array(whole.prefix(9))) == nil)
    #expect(pixels(.image(format), []) == nil)
    #expect(pixels(.pdf, whole) == nil)
  }

  @Test(arguments: [
    (SmallFile.pdf(pages: 1), 1), (SmallFile.pdf(pages: 123), 123),
    (Array("%PDF-1.7\n1 0 obj\n<</Linearized 1/L 9/O 8/N 45/T 7>>\nendobj\n".utf8), 45),
    (
      Array(
        "%PDF-1.4\n1 0 obj<</Type/Pages/Count 2/Kids[]>>endobj 2 0 obj<</Count 9/Type /Pages>>endobj"
          .utf8
      ), 9
    ),
    (Array("%PDF-1.4\n1 0 obj<</Type/Page>>endobj 2 0 obj<</Type /Page /A 1>>endobj".utf8), 2),
    (Array("%PDF-1.4\n1 0 obj<</Type/Pages/Count 7 0 R>>endobj".utf8), nil),
    (Array("%PDF-1.5\n1 0 obj<</Type/ObjStm/N 100>>stream".utf8), nil), ([], nil),
    (Array("%PDF-1.4\n1 0 obj<</Type/Outlines/Count 40>>endobj".utf8), nil),
  ])
  func `tells its pages where they are not compressed`(_ bytes: [UInt8], _ pages: Int?) {
    #expect(PDFPages.count(in: bytes) == pages)
  }

  @Test func `tells its pages at once, whatever it is made of`() {
    let nodes = String(repeating: "/Type/Pages", count: 500_000)
    #expect(PDFPages.count(in: Array("%PDF-1.4\n1 0 obj<<\(nodes)/Count 3>>endobj".utf8)) == nil)
  }

  private static let images: [(model: String, size: [Int], tokens: Int)] = [
    // The table of the page that ClaudeVision names, where images are made smaller to within a token.
    ("claude-opus-4-6", [200, 200], 64), ("claude-opus-4-6", [1_000, 1_000], 1_296),
    ("claude-sonnet-4-5-20250929", [1_920, 1_080], 1_568),
    ("claude-opus-4-7", [1_920, 1_080], 2_691), ("claude-sonnet-5-5", [2_000, 1_500], 3_888),
    ("claude-opus-5", [3_840, 2_160], 4_784), ("claude-3-5-sonnet-20241022", [8_000, 10], 56),
    ("us.anthropic.claude-opus-4-1-20250805-v1:0", [1_000, 1_000], 1_296),
  ]

  @Test(arguments: images.indices)
  func `counts as many tokens as Anthropic says`(_ place: Int) {
    let (model, size, tokens) = Self.images[place]
    #expect(counted(Anthropic(), model, size) == [tokens, tokens])
  }

  private static let openAIImages: [(model: String, size: [Int], tokens: Int)] = [
    // The examples of the page that OpenAIVision names.
    ("gpt-4o", [1_024, 1_024], 765), ("gpt-4o", [2_048, 4_096], 1_105),
    ("gpt-4o-mini", [2_048, 4_096], 36_835), ("gpt-5-mini", [1_024, 1_024], 1_659),
    ("gpt-5.4-nano", [10_000, 10_000], 3_779), ("gpt-5.6-sol", [1_024, 1_024], 1_229),
    ("gpt-6.2-astra", [4_000, 3_000], 14_100), ("openai/gpt-5", [512, 512], 210),
  ]

  @Test(arguments: openAIImages.indices)
  func `counts as many tokens as OpenAI says`(_ place: Int) {
    let (model, size, tokens) = Self.openAIImages[place]
    #expect(counted(OpenAI(), model, size) == [tokens, tokens])
  }

  @Test func `costs no more than it can where nobody knows how it is counted`() {
    #expect(counted(OpenAI(), "llama-vision", [640, 480]) == [360, 50_000])
    #expect(counted(OpenAI(), "gpt-6-sol", nil)?[1] == 50_000)
    #expect(counted(Anthropic(), "claude-opus-4-6", nil) == [1_568, 1_568])
  }

  private func counted(_ provider: any Provider, _ model: String, _ size: [Int]?) -> [Int]? {
    let bytes = size.map { SmallFile.png(width: $0[0], height: $0[1]) } ?? [0x89]
    return tokens(provider, model, AttachedFile(.image(.png), name: "a", bytes: bytes))
  }

  private func tokens(_ provider: any Provider, _ model: String, _ file: AttachedFile) -> [Int]? {
    let tokens = provider.attachmentRules(for: model)?.tokens(of: file.extent)
    return tokens.map { [$0.expected, $0.most] }
  }

  @Test func `counts its pages, or what its size suggests`() {
    let pdf = AttachedFile(.pdf, name: "a.pdf", bytes: SmallFile.pdf(pages: 4))
    #expect(tokens(Anthropic(), "claude-opus-5", pdf) == [12_000, 40_000])
    let hidden = Array("%PDF-1.5\n".utf8) + [UInt8](repeating: 7, count: 500_000)
    let guess = AttachedFile(.pdf, name: "a.pdf", bytes: hidden)
    #expect(tokens(OpenAI(), "gpt-6-sol", guess) == [30_000, 1_100_000])
  }

  @Test func `is refused where the provider would`() throws {
    func fault(_ model: String, _ file: AttachedFile, _ provider: any Provider) -> String? {
      do throws(DocumentError) {
        try provider.attachmentRules(for: model)?.check(file)
        return nil
      } catch {
        return error.code == "large_document" ? error.message : "another code"
      }
    }
    func png(_ width: Int, _ height: Int, padding: Int = 0) -> AttachedFile {
      let image = SmallFile.png(width: width, height: height)
      let bytes = image + [UInt8](repeating: 0, count: padding)
      return AttachedFile(.image(.png), name: "a.png", bytes: bytes)
    }
    func pdf(_ pages: Int) -> AttachedFile {
      AttachedFile(.pdf, name: "a.pdf", bytes: SmallFile.pdf(pages: pages))
    }
    let claude = "claude-opus-4-6"
    #expect(fault(claude, png(8_000, 8_000), Anthropic()) == nil)
    let wide = fault(claude, png(8_001, 10), Anthropic())
    #expect(wide?.hasPrefix("has 8001 by 10 pixels; 8000 on a side is the most") == true)
    #expect(fault("gpt-6-sol", png(8_001, 10), OpenAI()) == nil)
    let heavy = png(10, 10, padding: 8 << 20)
    #expect(fault(claude, heavy, Anthropic())?.contains("10 MiB is the most for an image") == true)
    #expect(fault("gpt-6-sol", heavy, OpenAI()) == nil)
    #expect(fault(claude, pdf(600), Anthropic()) == nil)
    let long = fault(claude, pdf(601), Anthropic())
    #expect(long?.hasPrefix("has 601 pages; 600 is the most that anthropic takes") == true)
    #expect(fault("claude-haiku-4-5", pdf(101), Anthropic())?.contains("100 is the most") == true)
    #expect(fault("gpt-6-sol", pdf(2_000), OpenAI()) == nil)
    let large = AttachedFile(.pdf, name: "a", bytes: [UInt8](repeating: 0, count: 24 << 20))
    #expect(fault(claude, large, Anthropic())?.contains("more than 32 MiB") == true)
    #expect(OpenAI(api: .embeddings).attachmentRules(for: "any") == nil)
  }
}
