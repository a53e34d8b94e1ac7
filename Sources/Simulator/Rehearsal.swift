/// The rehearsed answer to one prompt, a pure function of the prompt's text.
///
/// The rule, so that any test can check that an answer belongs to its prompt:
///
/// - The *prompt* is the text of the last message whose role is `user` (its text blocks joined
///   with a newline); for `/v1/responses` with a plain `input`, that input; for `/v1/embeddings`,
///   each input by itself. System prompts, earlier turns, the model and the key do not matter.
/// - The *hash* is the 64-bit FNV-1a of the prompt's UTF-8, as 16 lower-case hexadecimal digits.
/// - The *answer* is `Rehearsal HASH for: FIRST WORDS.`, the first words being at most eight of
///   the prompt's first 120 Unicode scalars, parted by spaces, tabs and line ends and joined with
///   single spaces; then filler up to about four bytes per output token.
/// - *Output tokens* are `min + hash % (max - min + 1)`, and no more than the request allows;
///   *input tokens* are the prompt's UTF-8 bytes divided by four, rounded up, and 1,500 for an image and
///   3,000 for a document beside it.
/// - An *embedding* is a unit vector drawn from SplitMix64 seeded with the hash.
struct Rehearsal: Sendable {
  let hash: UInt64
  let inputTokens: Int
  let outputTokens: Int
  /// Whether the request's own maximum cut the answer short.
  let isCutShort: Bool
  private let opening: String

  init(prompt: String, outputTokens range: ClosedRange<Int>, maxTokens: Int?) {
    hash = fnv1a(prompt.utf8)
    inputTokens = (prompt.utf8.count + 3) / 4
    let wanted = range.lowerBound + Int(hash % UInt64(range.count))
    outputTokens = min(wanted, maxTokens ?? wanted)
    isCutShort = outputTokens < wanted
    let words = prompt.unicodeScalars.prefix(120).split(whereSeparator: Self.partsWords).prefix(8)
    let firstWords = words.map { String($0) }.joined(separator: " ")
    opening = "Rehearsal \(hexadecimal(hash)) for: \(firstWords)."

  }

  /// The text of the answer.
  var text: String {
    var left = 4 * outputTokens - opening.utf8.count
    var text = opening
    while left > 0 {
      text += Substring(Self.filler.utf8.prefix(left))
      left -= Self.filler.utf8.count
    }
    return text
  }

  private static func partsWords(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r"
  }

  private static let filler = " This is a rehearsal, not a model: the words mean nothing."

  /// A unit vector that stands for a prompt.
  static func embedding(of prompt: String, dimensions: Int) -> [Float] {
    var generator = SeededGenerator(seed: fnv1a(prompt.utf8))
    let vector = (0..<dimensions).map { _ in Float(generator.fraction() * 2 - 1) }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? vector.map { $0 / length } : vector
  }
}

/// The 64-bit FNV-1a hash (Fowler, Noll and Vo; RFC 9923).
package func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

/// A hash as 16 lower-case hexadecimal digits.
func hexadecimal(_ hash: UInt64) -> String {
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
