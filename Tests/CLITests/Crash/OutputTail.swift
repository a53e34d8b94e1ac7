import Foundation

/// What a reader sees who follows an output file: whole lines, none of which may ever change.
struct OutputTail {
  private struct Line: Decodable {
    let custom_id: String
  }

  private(set) var text = ""
  private var size: UInt64 = 0

  /// Reads on; returns the jobs of the lines that are new.
  mutating func read(_ path: String) throws -> Set<Int> {
    guard let file = FileHandle(forReadingAtPath: path) else { return [] }
    try file.seek(toOffset: size)
    let bytes = try file.readToEnd() ?? Data()
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { bytes[...$0] } ?? Data()
    size += UInt64(whole.count)
    text += String(decoding: whole, as: UTF8.self)
    let lines = try whole.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Line.self, from: $0)
    }
    return Set(lines.compactMap { Int($0.custom_id) })
  }
}
