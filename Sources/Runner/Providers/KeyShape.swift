/// Whether a word looks like a key itself rather than a name for one.
///
/// Known prefixes of providers' and clouds' keys, and long unbroken runs of the characters that
/// keys are made of, digits among them.
func looksLikeKey(_ word: some StringProtocol) -> Bool {
  let bytes = word.utf8
  if bytes.count >= 12, keyPrefixes.contains(where: { word.hasPrefix($0) }) { return true }
  return bytes.count >= 40 && bytes.allSatisfy(isKeyByte)
    && bytes.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}

/// `text` with every word that looks like a key replaced, cut to `limit` characters.
///
/// A provider's error message may repeat the key that it refuses, in part or whole.
func blottingKeys(in text: String, limit: Int) -> String {
  var rest = text.utf8.count <= limit ? text[...] : text.prefix(limit)
  var result = ""
  while let start = rest.utf8.firstIndex(where: isWordByte) {
    let end = rest[start...].utf8.firstIndex { !isWordByte($0) } ?? rest.endIndex
    result += rest[..<start]
    result += looksLikeKey(rest[start..<end]) ? "[key]" : rest[start..<end]
    rest = rest[end...]
  }
  return result + rest
}

private let keyPrefixes = ["sk-", "sk_", "AIza", "AKIA", "ASIA", "hvs.", "xai-", "gsk_", "AGE-SEC"]

private func isKeyByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
    true
  default: false
  }
}

/// A byte of a key, or of a star that someone has put in its place.
private func isWordByte(_ byte: UInt8) -> Bool {
  isKeyByte(byte) || byte == UInt8(ascii: "*")
}
