import Jobs
import Testing

@Suite struct `The kind of a document` {
  private static let kinds: [(head: [UInt8], kind: DocumentKind)] = [
    (bytes("# A letter\n"), .text), ([], .text), (bytes("%PDF-1.7\n"), .pdf),
    ([0xEF, 0xBB, 0xBF] + bytes("\r\n%PDF-1.4"), .pdf), (bytes("a text on %PDF-1.4"), .text),
    ([0x89] + bytes("PNG\r\n\u{1A}\n"), .image(.png)),
    ([0xFF, 0xD8, 0xFF, 0xE1], .image(.jpeg)),
    (bytes("RIFF\u{10}\0\0\0WEBPVP8 "), .image(.webp)),
    (bytes("GIF89a\u{1}\0\u{1}\0\0\0\0"), .image(.gif)),
    (bytes("GIF89a is a format of images"), .text), (bytes("BMW and other makers"), .text),
    (bytes("ID3 tags and others"), .text),
    (bytes("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), .text),
    (bytes("caf") + [0xE9], .text),
  ]

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: kinds.indices)
  func `is told by its first bytes`(_ place: Int) {
    let (head, kind) = Self.kinds[place]
    #expect(DocumentKind(head: head[...]) == kind)
  }

  @Test func `has the media type that providers know`() {
    let kinds = [DocumentKind.pdf, .image(.png), .image(.jpeg), .image(.webp), .image(.gif), .text]
    let types = ["application/pdf", "image/png", "image/jpeg", "image/webp", "image/gif", nil]
    #expect(kinds.map(\.mediaType) == types)
  }

  /// Beginnings of files that no provider takes, what each is, and the command that converts it.
  static let unsendable: [(name: String, head: [UInt8], what: String, command: String)] = [
    (
      "a.docx", bytes("PK\u{3}\u{4}....word/document.xml"), "a Word document",
      "libreoffice --headless --convert-to pdf --outdir DIR DIR/a.docx"
    ),
    (
      "a.xlsx", bytes("PK\u{3}\u{4}....xl/workbook.xml"), "an Excel workbook",
      "libreoffice --headless --convert-to pdf --outdir DIR DIR/a.xlsx"
    ),
    (
      "a.pptx", bytes("PK\u{3}\u{4}....ppt/slides"), "a PowerPoint presentation",
      "libreoffice --headless --convert-to pdf --outdir DIR DIR/a.pptx"
    ),
    (
      "a.odt", bytes("PK\u{3}\u{4}..mimetypeapplication/vnd.oasis.opendocument.text"),
      "an OpenDocument file", "libreoffice --headless --convert-to pdf --outdir DIR DIR/a.odt"
    ),
    (
      "a.epub", bytes("PK\u{3}\u{4}..mimetypeapplication/epub+zip"), "an e-book",
      "pandoc -t plain DIR/a.epub -o DIR/a.txt"
    ),
    (
      "a.zip", bytes("PK\u{3}\u{4}....other"), "a ZIP archive", "unzip DIR/a.zip -d DIR/a"
    ),
    (
      "a.doc", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1], "an old Office document",
      "libreoffice --headless --convert-to pdf --outdir DIR DIR/a.doc"
    ),
    (
      "a.heic", [0, 0, 0, 0x18] + bytes("ftypheic"), "a HEIC image",
      "heif-convert DIR/a.heic DIR/a.jpg"
    ),
    (
      "a.avif", [0, 0, 0, 0x18] + bytes("ftypavif"), "an AVIF image",
      "heif-convert DIR/a.avif DIR/a.png"
    ),
    (
      "a.tif", [0x49, 0x49, 0x2A, 0, 8], "a TIFF image", "tiff2pdf -o DIR/a.pdf DIR/a.tif"
    ),
    (
      "a b.bmp", bytes("BM") + [9, 9, 9, 9, 0, 0, 0, 0], "a BMP image",
      "convert 'DIR/a b.bmp' 'DIR/a b.png'"
    ),
    ("a.ico", [0, 0, 1, 0, 1, 0], "an icon", "convert DIR/a.ico DIR/a.png"),
    (
      "a.psd", bytes("8BPS\0\u{1}"), "a Photoshop image", "convert 'DIR/a.psd[0]' DIR/a.png"
    ),
    (
      "a.jxl", [0xFF, 0x0A, 1], "a JPEG XL image", "djxl DIR/a.jxl DIR/a.png"
    ),
    (
      "a.mp3", bytes("ID3\u{4}\0"), "an audio file",
      "whisper DIR/a.mp3 --output_format txt --output_dir DIR"
    ),
    (
      "a.wav", bytes("RIFF\u{10}\0\0\0WAVEfmt "), "an audio file",
      "whisper DIR/a.wav --output_format txt --output_dir DIR"
    ),
    (
      "a.m4a", [0, 0, 0, 0x18] + bytes("ftypM4A "), "an audio file",
      "whisper DIR/a.m4a --output_format txt --output_dir DIR"
    ),
    (
      "a.mp4", [0, 0, 0, 0x18] + bytes("ftypisom"), "a video",
      "ffmpeg -i DIR/a.mp4 -vf fps=1/10 DIR/a-%03d.jpg"
    ),
    ("a.gz", [0x1F, 0x8B, 8], "a gzip file", "gunzip -k DIR/a.gz"),
    ("a.zst", [0x28, 0xB5, 0x2F, 0xFD], "a zstd file", "zstd -d DIR/a.zst"),
    ("a.xz", [0xFD] + bytes("7zXZ\0"), "an xz file", "xz -dk DIR/a.xz"),
    ("a.bz2", bytes("BZh91AY&SY"), "a bzip2 file", "bunzip2 -k DIR/a.bz2"),
    ("a.7z", bytes("7z") + [0xBC, 0xAF, 0x27], "a 7z archive", "7z x DIR/a.7z"),
    ("a.rar", bytes("Rar!\u{1A}\u{7}\0"), "a RAR archive", "unrar x DIR/a.rar DIR/a/"),
    (
      "a.tar", [UInt8](repeating: 0x61, count: 257) + bytes("ustar\0"), "a tar archive",
      "tar -xf DIR/a.tar -C DIR"
    ),
    (
      "a.parquet", bytes("PAR1") + [0x15], "a Parquet file",
      "python3 -c 'import pandas, sys; pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2])' "
        + "DIR/a.parquet DIR/a.csv"
    ),
    (
      "a.txt", [0xFF, 0xFE] + bytes("h\0i\0"), "UTF-16 text",
      "iconv -f UTF-16 -t UTF-8 DIR/a.txt -o DIR/a.utf8.txt"
    ),
    (
      "b.txt", bytes("h\0e\0l\0l\0o\0"), "UTF-16 text",
      "iconv -f UTF-16LE -t UTF-8 DIR/b.txt -o DIR/b.utf8.txt"
    ),
    (
      "latin.txt", bytes("caf") + [0xE9], "not UTF-8 text",
      "iconv -f WINDOWS-1252 -t UTF-8 DIR/latin.txt -o DIR/latin.utf8.txt"
    ),
  ]

  @Test(arguments: unsendable.indices)
  func `that no provider takes is named with the command that converts it`(_ place: Int)
    async throws
  {
    let (name, head, what, command) = Self.unsendable[place]
    let folder = try TemporaryFolder()
    try folder.write(head, to: name)
    let error = await #expect(throws: DocumentError.self) {
      try await DocumentFolder(folder.path).text(of: name)
    }
    let shown = command.replacing("DIR", with: folder.path)
    let words = "which cannot be sent as it is: convert it with"
    #expect(error?.message == "is \(what), \(words) `\(shown)`")
    let isText = what.hasSuffix("text")
    #expect(error?.code == (isText ? "not_utf8_document" : "unsendable_document"))
  }

  @Test func `that nobody knows has no command`() async throws {
    let folder = try TemporaryFolder()
    try folder.write([0x7F, 0x45, 0x4C, 0x46, 0, 0xFE, 0xC0], to: "a.bin")
    let error = await #expect(throws: DocumentError.self) {
      try await DocumentFolder(folder.path).text(of: "a.bin")
    }
    #expect(
      error?.message == "is binary data of an unknown kind, which cannot be sent as it is; make "
        + "text, a PDF or an image of it"
    )
  }

  @Test func `is that of its content, whatever its name`() async throws {
    let folder = try TemporaryFolder()
    try folder.write("%PDF-1.4 …", to: "a.txt")
    try folder.write("a letter", to: "b.pdf")
    let documents = DocumentFolder(folder.path)
    #expect(await documents.kind(of: "a.txt") == .pdf)
    #expect(try await documents.made(of: "a.txt") { $0.kind } == .pdf)
    #expect(try await documents.text(of: "b.pdf") == Array("a letter".utf8))
    #expect(await documents.kind(of: "none") == nil)
    #expect(try await documents.hasAttachments())
    #expect(try await !DocumentFolder(folder.file("*.pdf")).hasAttachments())
  }

  @Test func `that has no text is read whole and known by its hash`() async throws {
    let folder = try TemporaryFolder()
    let bytes = Array("%PDF-1.4\n".utf8) + (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    try folder.write(bytes, to: "a.pdf")
    let documents = DocumentFolder(folder.path)
    let read = try await documents.made(of: "a.pdf") { $0 }
    #expect(read.bytes == bytes)
    var listing = documents.makeAsyncIterator()
    #expect(try await listing.next()?.version == read.hash)
    let error = await #expect(throws: DocumentError.self) { try await documents.text(of: "a.pdf") }
    #expect(error?.message.hasPrefix("is a PDF, which has no text to be kept in a line") == true)
  }

  @Test func `does not let keys out in the guise of another`() async throws {
    let folder = try TemporaryFolder()
    let key = "-----BEGIN PRIVATE KEY-----\n" + String(repeating: "QUJD", count: 16)
    try folder.write("%PDF-1.4\n" + key, to: "a.pdf")
    let error = await #expect(throws: DocumentError.self) {
      try await DocumentFolder(folder.path).made(of: "a.pdf") { $0.kind }
    }
    #expect(error?.code == "secret_document")
  }

  @Test func `looks into documents only where their names are those of files to attach`()
    async throws
  {
    let folder = try TemporaryFolder()
    try folder.write("%PDF-1.4\n", to: "a.pdf")
    try folder.write("%PDF-1.4\n", to: "b.txt")
    let seen = await DocumentFolder(folder.path).looks(at: ["a.pdf", "b.txt", "c.png"]) {
      "\($0.size) \($0.kind) \($0.head.count)"
    }
    #expect(seen == ["9 pdf 9", "9 text 0", "0 text 0"])
  }
}
