import JSON
import Secrets

/// The JSON object of a response of Vault, read in place.
///
/// Values that are secret go straight into a `Secret`; everything else is asked for by its path.
struct VaultBody: Sendable {
  private let bytes: [UInt8]
  private let root: JSONToken

  /// Takes a response's body; nil unless it is a JSON object, as all bodies of Vault are.
  init?(_ bytes: [UInt8]) {
    guard let root = try? JSONScanner.wholeValue(in: bytes.span), root.kind == .object
    else { return nil }
    self.bytes = bytes
    self.root = root
  }

  /// The members of the object at a path; none where there is no object.
  func members(_ path: [String]) -> [(name: String, value: JSONToken)] {
    place(path).map(members(at:)) ?? []
  }

  /// The string at a path, which is not secret; nil where there is none.
  func string(_ path: [String]) -> String? {
    place(path).flatMap { $0.string(in: bytes.span) }
  }

  /// The integer at a path; nil where there is none.
  func integer(_ path: [String]) -> Int? {
    place(path).flatMap { $0.integer(in: bytes.span) }
  }

  /// The seconds at a path, at most ten years; nil where there are none.
  func seconds(_ path: [String]) -> Duration? {
    integer(path).map { .seconds(min(max($0, 0), 315_360_000)) }
  }

  /// Whether `true` stands at a path.
  func isTrue(_ path: [String]) -> Bool {
    place(path)?.kind == .true
  }

  /// The strings of the array at a path, which are not secret.
  func strings(_ path: [String]) -> [String] {
    let elements = place(path).flatMap { try? $0.elements(in: bytes.span) } ?? []
    return elements.compactMap { $0.string(in: bytes.span) }
  }

  /// The string at a path, as a secret; nil where there is none.
  func secret(_ path: [String]) -> Secret? {
    guard let place = place(path), place.kind == .string else { return nil }
    return place.secret(in: bytes.span)
  }

  /// The string in a field of the object at a path, as a secret; see ``JSONField``.
  func secret(_ path: [String], field: String) -> Secret? {
    guard let object = place(path),
      case .value(let value) = try? JSONField.find(field[...], in: object, of: bytes.span),
      value.kind == .string
    else { return nil }
    return value.secret(in: bytes.span)
  }

  private func place(_ path: [String]) -> JSONToken? {
    var place = root
    for name in path {
      guard let member = members(at: place).first(where: { $0.name == name }) else { return nil }
      place = member.value
    }
    return place
  }

  private func members(at place: JSONToken) -> [(name: String, value: JSONToken)] {
    (try? place.members(in: bytes.span)) ?? []
  }
}
