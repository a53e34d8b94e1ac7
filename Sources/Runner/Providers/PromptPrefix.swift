/// What requests with the same beginning have in common, so that they can go the same way and find
/// the provider's prompt cache warm.
package enum PromptPrefix {
  /// Less than the shortest prompt that providers cache, 1,024 tokens.
  static let length = 1_024

  /// A hash of the bytes that follow the model; of the first ones where the model comes late.
  ///
  /// - Parameters:
  ///   - body: the body of a request.
  ///   - model: where its model stands, as ``RequestShape`` has it.
  package static func hash(of body: ArraySlice<UInt8>, model: Range<Int>?) -> UInt64 {
    let start = model.map(\.upperBound) ?? 0
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    // FNV-1a (draft-eastlake-fnv, section 2) is enough: nobody gains by a collision.
    for byte in body.dropFirst(start < length ? start : 0).prefix(length) {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return hash
  }

  /// How much a prefix is drawn to a member of a group; the highest wins (rendezvous hashing).
  package static func affinity(of prefix: UInt64, to member: Int) -> UInt64 {
    // The finalizer of SplitMix64, which spreads what FNV leaves in a few bits.
    var word = prefix ^ (UInt64(truncatingIfNeeded: member &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
