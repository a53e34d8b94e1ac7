package import Jobs

/// Width and height of an image, as its header tells them.
package struct PixelSize: Sendable, Equatable {
  package let width: Int
  package let height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// - Parameter bytes: the beginning of the file, or all of it.
  /// - Returns: nil where it is not told there.
  package init?(of kind: DocumentKind, in bytes: ArraySlice<UInt8>) {
    guard case .image(let format) = kind else { return nil }
    let header = Header(bytes: Array(bytes.prefix(Self.longest)))
    let found: PixelSize? =
      switch format {
      case .png: header.png
      case .gif: header.gif
      case .webp: header.webp
      case .jpeg: header.jpeg
      }
    guard let found, found.width > 0, found.height > 0 else { return nil }
    self = found
  }

  /// Behind previews and colour profiles the header of a JPEG may come late.
  private static let longest = 1 << 20

  var longestSide: Int { max(width, height) }

  /// The same image made so small that no side is longer.
  func fitting(side: Int) -> PixelSize {
    guard longestSide > side else { return self }
    let scale = Double(side) / Double(longestSide)
    return PixelSize(
      width: max(1, Int(Double(width) * scale)),
      height: max(1, Int(Double(height) * scale))
    )
  }

  /// How many squares of this side cover it.
  func squares(of side: Int) -> Int {
    ((width + side - 1) / side).multipliedReportingOverflow(by: (height + side - 1) / side)
      .partialValue
  }
}

/// The start of an image, in which numbers are read where there are enough bytes.
private struct Header {
  let bytes: [UInt8]

  /// The chunk IHDR comes first (PNG, third edition, section 11.2.1).
  var png: PixelSize? {
    guard bytes.count >= 24 else { return nil }
    return PixelSize(width: big(16, 4), height: big(20, 4))
  }

  /// The logical screen descriptor (GIF89a, section 18).
  var gif: PixelSize? {
    guard bytes.count >= 10 else { return nil }
    return PixelSize(width: little(6, 2), height: little(8, 2))
  }

  /// The first chunk: extended, lossless or lossy (RFC 9649, sections 2.5 to 2.7).
  var webp: PixelSize? {
    guard bytes.count >= 30 else { return nil }
    switch String(decoding: bytes[12..<16], as: UTF8.self) {
    case "VP8X": return PixelSize(width: little(24, 3) + 1, height: little(27, 3) + 1)
    case "VP8L":
      let bits = little(21, 4)
      return PixelSize(width: bits & 0x3FFF + 1, height: bits >> 14 & 0x3FFF + 1)
    case "VP8 ": return PixelSize(width: little(26, 2) & 0x3FFF, height: little(28, 2) & 0x3FFF)
    default: return nil
    }
  }

  /// The first start of a frame (ITU T.81, annex B.2.2), behind segments that each tell their length.
  var jpeg: PixelSize? {
    var place = 2
    while place + 9 < bytes.count {
      guard bytes[place] == 0xFF else { return nil }
      let marker = bytes[place + 1]
      switch marker {
      // Filling, and markers without a length.
      case 0xFF: place += 1
      case 0x01, 0xD0...0xD8: place += 2
      case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker):
        return PixelSize(width: big(place + 7, 2), height: big(place + 5, 2))
      case 0xD9, 0xDA: return nil
      default:
        let length = big(place + 2, 2)
        guard length >= 2 else { return nil }
        place += 2 + length
      }
    }
    return nil
  }

  private func big(_ place: Int, _ count: Int) -> Int {
    bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
  }

  private func little(_ place: Int, _ count: Int) -> Int {
    bytes[place..<place + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
