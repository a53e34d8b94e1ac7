/// Judges what a person is told about bad input.
package enum PlainWords {
  /// What a message has that no message for people should have; nil for a good one.
  ///
  /// - Parameters:
  ///   - message: the error's text.
  ///   - secret: a value that stood in the input; no six characters of it may be told. What is
  ///     told are names, so it should have a sign that no name has in every six characters.
  package static func fault(in message: String, hiding secret: String = "") -> String? {
    if message.isEmpty { return "it is empty" }
    for name in ["Error", "Optional(", "Swift.", "Foundation.", "Malformed"]
    where message.contains(name) {
      return "it has the word \(name)"
    }
    if message.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      return "it has a control character"
    }
    let letters = Array(secret.utf8)
    let told = Array(message.utf8)
    guard letters.count >= 6 else { return nil }
    for start in 0...letters.count - 6 where told.contains(letters[start..<start + 6]) {
      return "it tells part of the secret"
    }
    return nil
  }
}
