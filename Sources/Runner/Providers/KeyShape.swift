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
  var result = ""
  var word = ""
  func flush() {
    result += looksLikeKey(word) ? "[key]" : word
    word = ""
  }
  for character in text.prefix(limit) {
    if character.utf8.allSatisfy({ isKeyByte($0) || $0 == UInt8(ascii: "*") }) {
      word.append(character)
    } else {
      flush()
      result.append(character)
    }
  }
  flush()
  return result
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
