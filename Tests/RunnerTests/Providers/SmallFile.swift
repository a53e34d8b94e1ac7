import Foundation
import Jobs

/// Files that are small, and whole as far as their headers go.
enum SmallFile {
  static func image(_ format: DocumentKind.ImageFormat, width: Int, height: Int) -> [UInt8] {
    switch format {
    case .png: png(width: width, height: height)
    case .jpeg: jpeg(width: width, height: height)
    case .webp: webp("VP8X", width: width, height: height)
    case .gif: gif(width: width, height: height)
    }
  }

  static func png(width: Int, height: Int) -> [UInt8] {
    [0x89] + "PNG\r\n\u{1A}\n\0\0\0\rIHDR".utf8 + big(width, 4) + big(height, 4)
      + [8, 2, 0, 0, 0, 0, 0, 0, 0]
  }

  static func gif(width: Int, height: Int) -> [UInt8] {
    "GIF89a".utf8 + little(width, 2) + little(height, 2) + [0, 0, 0, 0x3B]
  }

  /// - Parameter preview: bytes of a segment before the frame.
  static func jpeg(width: Int, height: Int, preview: Int = 14) -> [UInt8] {
    [0xFF, 0xD8, 0xFF, 0xE1] + big(preview + 2, 2) + [UInt8](repeating: 0x20, count: preview)
      + [0xFF, 0xC4, 0, 4, 1, 2, 0xFF, 0xFF, 0xC2, 0, 17, 8] + big(height, 2) + big(width, 2)
      + [3, 1, 0, 0, 2, 0, 0, 3, 0, 0, 0xFF, 0xD9]
  }

  /// - Parameter format: the first chunk, `VP8 `, `VP8L` or `VP8X`.
  static func webp(_ format: String, width: Int, height: Int) -> [UInt8] {
    let start = "RIFF\0\0\0\0WEBP\(format)\0\0\0\0".utf8
    let size: [UInt8] =
      switch format {
      case "VP8X": [0, 0, 0, 0] + little(width - 1, 3) + little(height - 1, 3)
      case "VP8L": [0x2F] + little(width - 1 | (height - 1) << 14, 4) + [0, 0, 0, 0, 0]
      default: [0, 0, 0, 0x9D, 0x01, 0x2A] + little(width, 2) + little(height, 2)
      }
    return start + size + [0, 0]
  }

  static func pdf(pages: Int) -> [UInt8] {
    let kids = (0..<pages).map { "\($0 + 3) 0 R" }.joined(separator: " ")
    var text = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    text += "2 0 obj\n<< /Type /Pages /Kids [\(kids)] /Count \(pages) >>\nendobj\n"
    for page in 0..<pages {
      text += "\(page + 3) 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n"
    }
    return Array((text + "trailer\n<< /Root 1 0 R >>\n%%EOF\n").utf8)
  }

  static func decoded(_ base64: String) -> [UInt8]? { Data(base64Encoded: base64).map(Array.init) }

  private static func big(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * (count - 1 - $0))) }
  }

  private static func little(_ number: Int, _ count: Int) -> [UInt8] {
    big(number, count).reversed()
  }
}
