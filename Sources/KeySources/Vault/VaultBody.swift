import Secrets

/// The JSON object of a response of Vault, read in place.
///
/// Values that are secret go straight into a `Secret`; everything else is asked for by its path.
struct VaultBody: Sendable {
  private let bytes: [UInt8]
  private let root: Range<Int>

  /// Takes a response's body; nil unless it is a JSON object, as all bodies of Vault are.
  init?(_ bytes: [UInt8]) {
    guard let root = try? JSONText.root(of: bytes.span), bytes[root.lowerBound] == UInt8(ascii: "{")
    else { return nil }
    self.bytes = bytes
    self.root = root
  }

  /// The members of the object at a path; none where there is no object.
  func members(_ path: [String]) -> [JSONText.Member] {
    place(path).map(members(at:)) ?? []
  }

  /// The string at a path, which is not secret; nil where there is none.
  func string(_ path: [String]) -> String? {
    place(path).flatMap { JSONText.isString($0, in: bytes.span) ? $0 : nil }
      .map { JSONText.string(at: $0, in: bytes.span) }
  }

  /// The integer at a path; nil where there is none.
  func integer(_ path: [String]) -> Int? {
    place(path).flatMap { JSONText.integer(at: $0, in: bytes.span) }
  }

  /// Whether `true` stands at a path.
  func isTrue(_ path: [String]) -> Bool {
    place(path).map { bytes[$0].elementsEqual("true".utf8) } ?? false
  }

  /// The strings of the array at a path, which are not secret.
  func strings(_ path: [String]) -> [String] {
    let elements = place(path).flatMap { try? JSONText.elements(of: $0, in: bytes.span) } ?? []
    return elements.filter { JSONText.isString($0, in: bytes.span) }
      .map { JSONText.string(at: $0, in: bytes.span) }
  }

  /// The string at a path, as a secret; nil where there is none.
  func secret(_ path: [String]) -> Secret? {
    guard let place = place(path), isString(place) else { return nil }
    return JSONText.secret(at: place, in: bytes.span)
  }

  /// Whether the value at a place is a string.
  func isString(_ place: Range<Int>) -> Bool { JSONText.isString(place, in: bytes.span) }

  private func place(_ path: [String]) -> Range<Int>? {
    var place = root
    for name in path {
      guard let member = members(at: place).first(where: { $0.name == name }) else { return nil }
      place = member.value
    }
    return place
  }

  private func members(at place: Range<Int>) -> [JSONText.Member] {
    (try? JSONText.members(of: place, in: bytes.span)) ?? []
  }
}
