import Jobs

/// Counts the pages of a PDF without reading its objects; a pure function.
///
/// The number stands in three places (ISO 32000-2): at the start of a linearized file (annex F.3), at
/// the root of the page tree (section 7.7.3.2), and in the pages themselves. The latter two may be
/// compressed, and then nobody can tell without unpacking them.
package enum PDFPages {
  /// So much is looked at, which is all of any file that is sent.
  private static let most = 64 << 20
  /// A list of children of the page tree has no more bytes in files that are met, and no file so many
  /// of them before its root: what is made to take long does not.
  private static let (longestObject, mostNodes) = (256 << 10, 1_000)

  /// - Returns: nil where the number cannot be told.
  package static func count(in bytes: [UInt8]) -> Int? {
    let text = bytes.prefix(most)
    return linearized(text) ?? tree(text) ?? pages(text)
  }

  private static func linearized(_ text: ArraySlice<UInt8>) -> Int? {
    let head = text.prefix(1_024)
    guard let mark = places(of: "/Linearized", in: head).first,
      let end = places(of: "endobj", in: head[mark...]).first
    else { return nil }
    return number(of: "/N", in: head[mark..<end])
  }

  /// The largest count in a node of the tree: that of its root.
  private static func tree(_ text: ArraySlice<UInt8>) -> Int? {
    let nodes = places(of: "/Pages", in: text).lazy.filter { isType(text, before: $0) }
    return nodes.prefix(mostNodes).compactMap { place -> Int? in
      guard let object = object(around: place, in: text) else {
        return nil
      }
      return number(of: "/Count", in: object)
    }.max()
  }

  private static func pages(_ text: ArraySlice<UInt8>) -> Int? {
    let count = places(of: "/Page", in: text).count { place in
      let next = text[(place + "/Page".utf8.count)...].first
      return !(next.map(isNameCharacter) ?? false) && isType(text, before: place)
    }
    return count > 0 ? count : nil
  }

  /// Whether a name is the value of `/Type`.
  private static func isType(_ text: ArraySlice<UInt8>, before place: Int) -> Bool {
    var end = place
    while end > text.startIndex, text[end - 1] <= 0x20 { end -= 1 }
    return text[..<end].suffix(5).elementsEqual("/Type".utf8)
  }

  /// The object that a place is in, from the `obj` before it to the `endobj` behind it.
  private static func object(
    around place: Int,
    in text: ArraySlice<UInt8>
  ) -> ArraySlice<UInt8>? {
    let before = text[max(text.startIndex, place - longestObject)..<place]
    let behind = text[place...].prefix(longestObject)
    guard let start = places(of: "obj", in: before).last,
      let end = places(of: "endobj", in: behind).first
    else { return nil }
    return text[start..<end]
  }

  /// The number behind a name, which is not the beginning of another one.
  private static func number(of name: String, in text: ArraySlice<UInt8>) -> Int? {
    for place in places(of: name, in: text) {
      let rest = text[(place + name.utf8.count)...].drop { $0 <= 0x20 }
      let digits = rest.prefix(7).prefix { (0x30...0x39).contains($0) }
      let isReference = rest.dropFirst(digits.count).first { $0 > 0x20 }
        .map { (0x30...0x39).contains($0) }
      if let number = Int(String(decoding: digits, as: UTF8.self)), number > 0,
        isReference != true
      {
        return number
      }
    }
    return nil
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    byte > 0x20 && !"()<>[]{}/%".utf8.contains(byte)
  }

  private static func places(of name: String, in text: ArraySlice<UInt8>) -> [Int] {
    var found: [Int] = []
    var rest = text
    while let place = rest.firstPlace(of: name) {
      found.append(place)
      rest = rest[(place + name.utf8.count)...]
    }
    return found
  }
}
