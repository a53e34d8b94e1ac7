import Glibc

/// How much room a disk has left.
package enum FreeSpace {
  /// Bytes that this user may still write where the file or folder `path` lies; nil where the system
  /// does not say.
  package static func bytes(at path: String) -> Int? {
    var information = statvfs()
    guard unsafe statvfs(path, &information) == 0 else { return nil }
    return Int(information.f_bavail) * Int(information.f_frsize)
  }
}
