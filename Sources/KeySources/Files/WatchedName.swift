import Glibc

/// A name in a folder whose coming, going or changing may change what a path leads to.
struct WatchedName: Hashable {
  /// A folder, reached without any symbolic link.
  let folder: String
  let name: String

  /// The most links that the system follows in one path.
  private static let mostLinks = 40

  private enum Entry {
    case link(to: String)
    case missing
    case other
  }

  /// Every name that decides what a path leads to: each symbolic link on the way, the last name,
  /// and, where the way ends early, the name that is missing.
  ///
  /// Kubernetes mounts a secret as `key` → `..data/key` with `..data` → `..2026_11_23`, and
  /// changes it by replacing `..data` alone.
  static func all(deciding path: String) -> [WatchedName] {
    var names: [WatchedName] = []
    var folder = path.hasPrefix("/") ? "/" : "."
    var rest = components(of: path)
    var links = 0
    while let name = rest.popFirst() {
      let here = folder == "/" ? "/" + name : "\(folder)/\(name)"
      switch name == ".." ? .other : entry(at: here) {
      case .link(let target):
        names.append(WatchedName(folder: folder, name: String(name)))
        links += 1
        guard links <= mostLinks else { return names }
        if target.hasPrefix("/") { folder = "/" }
        rest = (components(of: target) + rest)[...]
      case .missing:
        return names + [WatchedName(folder: folder, name: String(name))]
      case .other:
        if rest.isEmpty { names.append(WatchedName(folder: folder, name: String(name))) }
        folder = here
      }
    }
    return names
  }

  private static func components(of path: String) -> ArraySlice<Substring> {
    path.split(separator: "/").filter { $0 != "." }[...]
  }

  private static func entry(at path: String) -> Entry {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return .missing }
    guard status.st_mode & S_IFMT == S_IFLNK else { return .other }
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink(path, &target, target.count)
    guard length > 0 else { return .missing }
    let bytes = target[..<length].map { UInt8(bitPattern: $0) }
    return .link(to: String(decoding: bytes, as: UTF8.self))
  }
}
