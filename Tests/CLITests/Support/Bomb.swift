import Foundation

/// A few bytes that unpack to 300 MiB, more than an answer may have; the raw value is their
/// `content-encoding`.
enum Bomb: String, CaseIterable {
  case zstd
  case br

  var bytes: [UInt8] {
    switch self {
    case .zstd: Self.repeated
    case .br: [UInt8](Data(base64Encoded: Self.brotli) ?? Data())
    }
  }

  /// A frame of 2,400 blocks that each repeat one byte 128 KiB times (RFC 8878, section 3.1.1).
  private static let repeated: [UInt8] = {
    let magicNumber: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    // No checksum and no size, and a window of 128 KiB.
    let header: [UInt8] = [0x00, 0x38]
    let count = 2_400
    let blocks = (1...count).flatMap { number in
      // Whether it is the last one, the kind "repeat" and the size, from the lowest bit on.
      let head = UInt32(number == count ? 1 : 0) | 1 << 1 | 131_072 << 3
      return [UInt8(head & 0xFF), UInt8(head >> 8 & 0xFF), UInt8(head >> 16), UInt8(ascii: " ")]
    }
    return magicNumber + header + blocks
  }()

  /// Blanks, as the brotli program packs them best (RFC 7932).
  private static let brotli = """
    z///f/glQOKxQCD3/p/////wSwDEYQGA7v0/////4ZcAiMMiAN37f/7//8MvARCHBQC69//8//+HXwIgDgsAdO//+f//\
    D78EQBwWAOje//P//x9+CYA4LADQvf/n//8//BIAcVgAoHv/z///f/glAOKwAED3/p/////wSwDEYQGA7v0/////4ZcA\
    iMMCAN37f/7//8MvARCHBQC69//8//+HXwIgDgsAdO//+f//D78EQBwWAOje//P//x9+CYA4LADQvf/n//8//BIAcVgA\
    oHv/z///f/glAOKwAED3/p/////wSwDEYQGA7v1//v//4pcAiMMCAN37Xw==
    """
}
