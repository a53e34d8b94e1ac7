import Glibc
import JSON
import Secrets
import Synchronization

/// Remembers, outside a keystore, which keystore was seen at a path and how new it was, so that an
/// older copy or another keystore in its place is noticed.
///
/// The age format proves that a file is whole, not that it is the latest, nor who wrote it.
final class KeystoreMemory: Sendable {
  /// What was seen.
  struct Seen: Hashable, Sendable {
    /// The keystore's random name; nil when another program made it.
    let store: String?
    let generation: Int
  }

  /// How what is there now relates to what was seen before.
  enum Verdict: Hashable {
    /// It is the same.
    case same
    /// It is newer, or the first.
    case newer
    /// It is an earlier generation of the same keystore.
    case older(than: Int)
    /// It is another keystore.
    case other
  }

  private let keystore: String
  private let folder: String?
  private let notice: @Sendable (String) -> Void
  private let hasTold = Atomic<Bool>(false)

  /// - Parameters:
  ///   - keystore: the keystore's path.
  ///   - folder: where notes are kept, or nil for nowhere.
  ///   - notice: is told once when notes cannot be kept.
  init(of keystore: String, in folder: String?, notice: @escaping @Sendable (String) -> Void) {
    self.keystore = keystore
    self.folder = folder
    self.notice = notice
  }

  /// Compares what is there now with what was seen before, and notes it when it is newer.
  func compare(_ present: Seen) -> Verdict {
    let verdict = Self.judge(present, after: seen())
    if verdict == .newer { note(present) }
    return verdict
  }

  /// Notes what is there now, whatever was seen before.
  func note(_ present: Seen) {
    do throws(KeySourceError) {
      guard let file else { throw KeySourceError(.cannotWrite, "there is no home folder") }
      let folder = try LockedFolder(of: file, creating: true)
      let text =
        #"{"v":1,"path":\#(jsonQuoted(absolutePath)),"generation":\#(present.generation)"#
        + (present.store.map { ",\"store\":" + jsonQuoted($0) } ?? "") + "}\n"
      let bytes = Array(text.utf8)
      try folder.replace(file, with: bytes.span)
    } catch {
      tell(error)
    }
  }

  static func judge(_ present: Seen, after seen: Seen?) -> Verdict {
    guard let seen else { return .newer }
    if seen.store != nil, seen.store != present.store { return .other }
    if present.generation < seen.generation { return .older(than: seen.generation) }
    return present == seen ? .same : .newer
  }

  private func seen() -> Seen? {
    guard let file, SecretFile.exists(file) else { return nil }
    do throws(KeySourceError) {
      let text = try SecretFile.publicBytes(of: file, what: "the note", largest: 64 << 10)
      guard let root = try? JSONScanner.wholeValue(in: text.span),
        let object = try? JSONObject(root, in: text.span),
        let number = object["generation"],
        let generation = number.integer(in: text.span)
      else { throw KeySourceError(.denied, "the note \(file) is damaged; remove it") }
      return Seen(store: object.string("store", in: text.span), generation: generation)
    } catch {
      tell(error)
      return nil
    }
  }

  private var file: String? {
    folder.map { folder in
      let path = Array(absolutePath.utf8)
      let digest = unsafe path.withUnsafeBytes { unsafe SHA256.digest(of: $0).hex }
      return "\(folder)/\(digest.prefix(32))"
    }
  }

  /// The keystore's path without links in its folders, so that it has one note whatever it is
  /// called.
  private var absolutePath: String {
    let parent = LockedFolder.parent(of: keystore)
    guard let real = unsafe realpath(parent, nil) else { return keystore }
    defer { unsafe free(real) }
    return unsafe String(cString: real) + "/" + LockedFolder.name(of: keystore)
  }

  private func tell(_ error: KeySourceError) {
    guard !hasTold.exchange(true, ordering: .relaxed) else { return }
    notice(
      "cannot note how new the keystore \(keystore) is, so an older copy in its place would not be "
        + "noticed: \(error.description)"
    )
  }
}
