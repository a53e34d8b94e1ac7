/// A kind of file that no provider takes, and what makes something of it that one does.
package struct UnsendableKind: Sendable, Equatable {
  /// As in "is a Word document".
  package let name: String
  /// The command: `FILE` stands for the file, `OUT` for it without its ending, `FOLDER` for where it
  /// lies; empty where there is none.
  let command: String
  /// The code of the job's refusal.
  let code: String

  private init(_ name: String, _ command: String, code: String = "unsendable_document") {
    self.name = name
    self.command = command
    self.code = code
  }

  /// - Parameter head: the first bytes of a file that is neither a PDF nor an image that is taken.
  /// - Returns: nil for a text, and for what nobody knows.
  init?(head: ArraySlice<UInt8>) {
    let found =
      Self.archive(head) ?? Self.container(head)
      ?? Self.magic.first { head.starts(with: $0.start) }?.kind ?? Self.encoding(head)
    guard let found else { return nil }
    self = found
  }

  /// What a document is told to be, and how to convert it.
  ///
  /// - Parameter path: of the file, as a shell finds it.
  func error(at path: String) -> DocumentError {
    let what = "is \(name), which cannot be sent as it is"
    guard !command.isEmpty else {
      return DocumentError(code: code, message: "\(what); make text, a PDF or an image of it")
    }
    return DocumentError(code: code, message: "\(what): convert it with `\(filled(path))`")
  }

  private func filled(_ path: String) -> String {
    let slash = path.lastIndex(of: "/")
    let name = slash.map { path.index(after: $0) } ?? path.startIndex
    let dot = path[name...].lastIndex(of: ".") ?? path.endIndex
    let base = String(path[..<(dot > name ? dot : path.endIndex)])
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    return command.split(separator: " ").map { word in
      let parts = [("FILE", path), ("OUT", base), ("FOLDER", folder)]
      guard let (sign, text) = parts.first(where: { word.hasPrefix($0.0) }) else {
        return String(word)
      }
      return (text + word.dropFirst(sign.count)).shellQuoted
    }.joined(separator: " ")
  }

  /// What is no text in any encoding.
  static let binary = UnsendableKind("binary data of an unknown kind", "")
  /// Text in an encoding that its bytes do not tell.
  static let otherText = UnsendableKind(
    "not UTF-8 text",
    "iconv -f WINDOWS-1252 -t UTF-8 FILE -o OUT.utf8.txt",
    code: "not_utf8_document"
  )

  private static let office = "libreoffice --headless --convert-to pdf --outdir FOLDER FILE"
  private static let picture = "convert FILE OUT.png"
  private static let listening = "whisper FILE --output_format txt --output_dir FOLDER"
  private static let watching = "ffmpeg -i FILE -vf fps=1/10 OUT-%03d.jpg"

  private static let audio = UnsendableKind("an audio file", listening)
  private static let video = UnsendableKind("a video", watching)

  private static let magic: [(start: [UInt8], kind: UnsendableKind)] = [
    ([0xD0, 0xCF, 0x11, 0xE0], UnsendableKind("an old Office document", office)),
    ([0x49, 0x49, 0x2A, 0x00], UnsendableKind("a TIFF image", "tiff2pdf -o OUT.pdf FILE")),
    ([0x4D, 0x4D, 0x00, 0x2A], UnsendableKind("a TIFF image", "tiff2pdf -o OUT.pdf FILE")),
    ([0x00, 0x00, 0x01, 0x00], UnsendableKind("an icon", picture)),
    (Array("8BPS\0".utf8), UnsendableKind("a Photoshop image", "convert FILE[0] OUT.png")),
    ([0, 0, 0, 12] + "jP  ".utf8, UnsendableKind("a JPEG 2000 image", picture)),
    ([0, 0, 0, 12] + "JXL ".utf8, UnsendableKind("a JPEG XL image", "djxl FILE OUT.png")),
    ([0xFF, 0x0A], UnsendableKind("a JPEG XL image", "djxl FILE OUT.png")),
    ([0xFF, 0xFB], audio), ([0xFF, 0xF3], audio), ([0xFF, 0xF2], audio), ([0xFF, 0xFA], audio),
    ([0xFF, 0xF1], audio), ([0xFF, 0xF9], audio), (Array("OggS\0".utf8), audio),
    (Array("fLaC\0".utf8), audio), (Array("#!AMR\n".utf8), audio),
    ([0x1A, 0x45, 0xDF, 0xA3], video),
    ([0x1F, 0x8B], UnsendableKind("a gzip file", "gunzip -k FILE")),
    ([0x28, 0xB5, 0x2F, 0xFD], UnsendableKind("a zstd file", "zstd -d FILE")),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], UnsendableKind("an xz file", "xz -dk FILE")),
    (Array("7z".utf8) + [0xBC, 0xAF], UnsendableKind("a 7z archive", "7z x FILE")),
    (Array("Rar!\u{1A}\u{7}".utf8), UnsendableKind("a RAR archive", "unrar x FILE OUT/")),
    (
      Array("PAR1".utf8),
      UnsendableKind(
        "a Parquet file",
        "python3 -c 'import pandas, sys; pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2])' "
          + "FILE OUT.csv"
      )
    ),
  ]

  private static let utf16 = UnsendableKind(
    "UTF-16 text",
    "iconv -f UTF-16 -t UTF-8 FILE -o OUT.utf8.txt",
    code: "not_utf8_document"
  )

  /// UTF-16 with a byte order mark, or of letters that have a zero in every other byte.
  private static func encoding(_ head: ArraySlice<UInt8>) -> UnsendableKind? {
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) { return utf16 }
    let pairs = Array(head.prefix(64))
    guard pairs.count >= 8, pairs.count.isMultiple(of: 2) else { return nil }
    let zeros = pairs.indices.filter { pairs[$0] == 0 }
    guard zeros.count == pairs.count / 2, Set(zeros.map { $0 % 2 }).count == 1 else { return nil }
    let end = zeros[0] == 1 ? "LE" : "BE"
    return UnsendableKind(
      "UTF-16 text",
      "iconv -f UTF-16\(end) -t UTF-8 FILE -o OUT.utf8.txt",
      code: "not_utf8_document"
    )
  }

  /// ZIP archives, and what is one inside.
  private static func archive(_ head: ArraySlice<UInt8>) -> UnsendableKind? {
    if head.starts(with: "PK\u{3}\u{4}".utf8) {
      let names = String(decoding: head, as: UTF8.self)
      let parts = [
        ("word/", UnsendableKind("a Word document", office)),
        ("xl/", UnsendableKind("an Excel workbook", office)),
        ("ppt/", UnsendableKind("a PowerPoint presentation", office)),
        ("application/vnd.oasis.opendocument", UnsendableKind("an OpenDocument file", office)),
        ("application/epub", UnsendableKind("an e-book", "pandoc -t plain FILE -o OUT.txt")),
      ]
      return parts.first { names.contains($0.0) }?.1
        ?? UnsendableKind("a ZIP archive", "unzip FILE -d OUT")
    }
    if head.starts(with: "BZh".utf8), head.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26]) {
      return UnsendableKind("a bzip2 file", "bunzip2 -k FILE")
    }
    guard head.dropFirst(257).starts(with: "ustar".utf8) else { return nil }
    return UnsendableKind("a tar archive", "tar -xf FILE -C FOLDER")
  }

  /// What says of itself which kind of container it is.
  private static func container(_ head: ArraySlice<UInt8>) -> UnsendableKind? {
    let brand = String(decoding: head.dropFirst(8).prefix(4), as: UTF8.self)
    if head.starts(with: "RIFF".utf8) {
      return brand == "WAVE" ? audio : brand == "AVI " ? video : nil
    }
    if head.starts(with: "FORM".utf8), brand.hasPrefix("AIF") { return audio }
    // An ID3 tag begins with a small number of its version, a bitmap has a zero in its unused words.
    if head.starts(with: "ID3".utf8), head.dropFirst(3).first.map({ $0 < 9 }) ?? false {
      return audio
    }
    if head.starts(with: "BM".utf8), head.dropFirst(6).starts(with: [0, 0, 0, 0]) {
      return UnsendableKind("a BMP image", picture)
    }
    guard head.dropFirst(4).starts(with: "ftyp".utf8) else { return nil }
    switch brand {
    case "heic", "heix", "hevc", "heim", "heis", "mif1", "msf1":
      return UnsendableKind("a HEIC image", "heif-convert FILE OUT.jpg")
    case "avif", "avis": return UnsendableKind("an AVIF image", "heif-convert FILE OUT.png")
    case "M4A ", "M4B ": return audio
    default: return video
    }
  }
}
