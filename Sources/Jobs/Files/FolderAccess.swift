import CLinux
import Glibc

/// Finds what lies in a folder, and judges where links in it lead by what they led to: a link that is
/// exchanged meanwhile gains nothing.
struct FolderAccess: Sendable {
  enum Failure: Error, Equatable {
    case leftOut(LeftOut.Reason)
    /// The value of `errno`.
    case unreadable(Int32)
  }

  /// A file or folder that was found: a handle by which it is examined and opened, but not read
  /// (`O_PATH`, open(2)).
  final class Found {
    let information: stat
    private let descriptor: Int32
    /// Where it really is.
    let path: [UInt8]

    fileprivate init(_ descriptor: Int32, _ path: [UInt8], _ information: stat) {
      self.descriptor = descriptor
      self.path = path
      self.information = information
    }

    deinit { close(descriptor) }

    var kind: FileKind { FileKind(mode: information.st_mode) }
    var id: FileID { FileID(information) }

    /// Opens this very file, whatever has its name by now; -1 where that fails.
    func open(_ flags: Int32) -> Int32 {
      unsafe Glibc.open("/proc/self/fd/\(descriptor)", flags | O_NONBLOCK | O_CLOEXEC)
    }
  }

  let root: String
  /// Whether links may also lead elsewhere, except into what the system shows as files.
  let followsLinks: Bool

  /// - Parameter path: below the folder; empty for the folder itself.
  func find(_ path: [UInt8]) throws(Failure) -> Found {
    let top = try Self.open(Array(root.utf8), in: AT_FDCWD)
    defer { close(top.descriptor) }
    let name = path.isEmpty ? [UInt8(ascii: ".")] : path
    let (descriptor, place) = try Self.open(name, in: top.descriptor)
    var information = stat()
    var system = statfs()
    let isKnown = unsafe fstat(descriptor, &information) == 0 && fstatfs(descriptor, &system) == 0
    let found = Found(descriptor, place, information)
    guard isKnown else { throw .unreadable(errno) }
    let magic = UInt32(truncatingIfNeeded: system.f_type)
    if Self.systems.contains(magic) { throw .leftOut(.system) }
    if let reason = Self.refusal(of: place, root: top.path, followsLinks: followsLinks) {
      throw .leftOut(reason)
    }
    return found
  }

  /// proc, sysfs, devpts, securityfs, debugfs, tracefs and the two of cgroups (linux/magic.h).
  private static let systems: Set<UInt32> = [
    0x9FA0, 0x6265_6572, 0x1CD1, 0x7363_6673, 0x6462_6720, 0x7472_6163, 0x0027_E0EB, 0x6367_7270,
  ]

  private static func open(
    _ path: [UInt8],
    in folder: Int32
  ) throws(Failure) -> (descriptor: Int32, path: [UInt8]) {
    let name = path.map { CChar(bitPattern: $0) } + [0]
    let descriptor = unsafe openat(folder, name, nightjar_path_only | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ELOOP ? .leftOut(.circle) : .unreadable(errno)
    }
    var room = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/fd/\(descriptor)", &room, room.count)
    let place = room.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    guard !place.isEmpty else {
      let number = errno
      close(descriptor)
      throw .unreadable(number)
    }
    return (descriptor, place)
  }

  /// Why what really lies at `place` is none of the folder's; nil where it is.
  ///
  /// - Parameter root: where the folder really is.
  static func refusal(of place: [UInt8], root: [UInt8], followsLinks: Bool) -> LeftOut.Reason? {
    let inside = root.last == UInt8(ascii: "/") ? root : root + [UInt8(ascii: "/")]
    if place == root || place.starts(with: inside) { return nil }
    guard followsLinks else { return .outside }
    let systems = ["/proc/", "/sys/", "/dev/"]
    return systems.contains { place.starts(with: $0.utf8) } ? .system : nil
  }
}
