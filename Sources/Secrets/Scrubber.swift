internal import CLinux

/// Removes secrets from text that came from outside, before it is stored or shown.
///
/// Providers quote keys in their error messages ("Incorrect API key provided: sk-…"). Two things
/// are replaced: the value that the provider was sent, wherever it stands, and whatever else has
/// the shape of a key. It keeps no secret itself.
package struct Scrubber: Sendable {
  /// What stands in place of a secret.
  package static let replacement = "<redacted>"

  /// A value shorter than this is no secret, and replacing it would only garble the text.
  private static let shortestValue = 6

  private let limit: Int

  /// - Parameter limit: the most bytes of text to keep.
  package init(limit: Int = 4096) {
    self.limit = limit
  }

  /// The text with `value` and everything that looks like a key replaced, cut to the limit.
  package func scrub(_ text: String, hiding value: borrowing Secret) -> String {
    String(decoding: scrub(Array(text.utf8), hiding: value), as: UTF8.self)
  }

  /// The text with everything that looks like a key replaced, cut to the limit.
  package func scrub(_ text: String) -> String {
    String(decoding: scrub(Array(text.utf8)), as: UTF8.self)
  }

  /// The same for bytes; text stays valid UTF-8.
  package func scrub(_ text: [UInt8], hiding value: borrowing Secret) -> [UInt8] {
    value.withBytes { replace($0, in: text) }
  }

  /// The same for bytes; text stays valid UTF-8.
  package func scrub(_ text: [UInt8]) -> [UInt8] {
    let nothing: [UInt8] = []
    return replace(nothing.span, in: text)
  }

  /// Where the first copy of `value` stands in `bytes`; nil where there is none.
  package static func find(
    _ value: borrowing Secret,
    in bytes: ArraySlice<UInt8>
  ) -> Range<Int>? {
    unsafe value.withUnsafeBytes { unsafe firstRange(of: $0, in: bytes) }
  }

  /// `bytes` with every copy of `value` replaced, whatever their length; quick where there is none.
  package static func redact(_ value: borrowing Secret, in bytes: [UInt8]) -> [UInt8] {
    guard value.count >= shortestValue else { return bytes }
    var output: [UInt8] = []
    var rest = bytes[...]
    while let found = unsafe value.withUnsafeBytes({ unsafe firstRange(of: $0, in: rest) }) {
      output += rest[..<found.lowerBound] + replacement.utf8
      rest = rest[found.upperBound...]
    }
    return output.isEmpty ? bytes : output + rest
  }

  private static func firstRange(
    of value: UnsafeRawBufferPointer,
    in bytes: ArraySlice<UInt8>
  ) -> Range<Int>? {
    unsafe bytes.withUnsafeBytes { haystack in
      guard let start = haystack.baseAddress, let needle = value.baseAddress,
        let found = unsafe memmem(start, haystack.count, needle, value.count)
      else { return nil }
      let offset = unsafe bytes.startIndex + (UnsafeRawPointer(found) - start)
      return offset..<offset + value.count
    }
  }

  private func replace(_ value: Span<UInt8>, in text: [UInt8]) -> [UInt8] {
    // A secret that begins before the cut must be seen whole, or its first half would stay.
    let window = text.prefix(limit + max(value.count, KeyShape.longest))
    var output: [UInt8] = []
    var index = 0
    while index < window.count, output.count <= limit {
      if Self.occurs(value, in: window, at: index) {
        output += Self.replacement.utf8
        index += value.count
      } else if let found = KeyShape.find(in: window, at: index) {
        output += window[index..<found.lowerBound] + Self.replacement.utf8
        index = found.upperBound
      } else {
        output.append(window[index])
        index += 1
      }
    }
    return Self.cut(output, to: limit)
  }

  private static func occurs(
    _ value: Span<UInt8>,
    in text: ArraySlice<UInt8>,
    at start: Int
  ) -> Bool {
    guard value.count >= shortestValue, text.count - start >= value.count else { return false }
    return value.indices.allSatisfy { text[start + $0] == value[$0] }
  }

  /// Cuts without splitting a character.
  private static func cut(_ text: [UInt8], to limit: Int) -> [UInt8] {
    guard text.count > limit else { return text }
    var end = limit
    while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(text[..<end])
  }
}

/// What the keys of known makers look like: a prefix, and a run of letters, digits and a few signs.
private struct KeyShape {
  /// More bytes than any real key of these shapes has.
  static let longest = 512

  private let prefix: [UInt8]
  /// A shorter run after the prefix is a word, as in "sk-learn".
  private let shortestRun: Int
  /// Whether the prefix is shown, because only what follows is secret.
  private let keepsPrefix: Bool

  private init(_ prefix: String, run: Int, keepsPrefix: Bool = false) {
    self.prefix = Array(prefix.utf8)
    shortestRun = run
    self.keepsPrefix = keepsPrefix
  }

  private static let all = [
    KeyShape("sk-", run: 16), KeyShape("hvs.", run: 16), KeyShape("hvb.", run: 16),
    KeyShape("AGE-SECRET-KEY-", run: 16), KeyShape("AKIA", run: 16), KeyShape("ASIA", run: 16),
    KeyShape("AIza", run: 30), KeyShape("gsk_", run: 16), KeyShape("xai-", run: 16),
    KeyShape("pplx-", run: 16), KeyShape("hf_", run: 16), KeyShape("r8_", run: 16),
    KeyShape("nvapi-", run: 16), KeyShape("sess-", run: 16), KeyShape("ghp_", run: 16),
    KeyShape("github_pat_", run: 16), KeyShape("glpat-", run: 16), KeyShape("ya29.", run: 16),
    KeyShape("Bearer ", run: 8, keepsPrefix: true), KeyShape("bearer ", run: 8, keepsPrefix: true),
  ]

  /// The bytes with which a shape can begin, so that most of a text is passed over quickly.
  private static let firstBytes: [Bool] = (0..<256).map { byte in
    all.contains { Int($0.prefix[0]) == byte }
  }

  /// The part to replace of a key that starts at a place in a text, if one does.
  static func find(in text: ArraySlice<UInt8>, at start: Int) -> Range<Int>? {
    guard firstBytes[Int(text[start])], start == 0 || !isWord(text[start - 1]) else { return nil }
    let rest = text[start...]
    guard let shape = all.first(where: { rest.starts(with: $0.prefix) }) else { return nil }
    let run = start + shape.prefix.count
    let end = text[run...].firstIndex { !isKey($0) } ?? text.endIndex
    return end - run >= shape.shortestRun ? (shape.keepsPrefix ? run : start)..<end : nil
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Letters, digits and the signs of base64, base64url and masked keys.
  private static func isKey(_ byte: UInt8) -> Bool {
    isWord(byte) || "-_./+=~*".utf8.contains(byte)
  }
}
