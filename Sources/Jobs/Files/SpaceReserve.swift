import Glibc

/// Room that is held back while the disk still has some, for the answers that are on their way when it
/// is full: they are paid for, and have to be kept somewhere.
///
/// They are written into the blocks of the reserve itself. Blocks that were given back to the disk
/// would go to whoever writes next, such as a commit that is under way.
struct SpaceReserve: ~Copyable {
  /// The most that is held back.
  private static let most = 64 << 20
  /// The part of the free space that it may take: nobody should run out of room because of it.
  private static let share = 16

  /// -1 where nothing is held back.
  private let descriptor: Int32
  private var left: Int
  private var used = 0

  /// Holds back up to `bytes`, and less on a disk that has little room, or cannot tell.
  ///
  /// - Parameters:
  ///   - path: of the file whose blocks become the reserve; replaced where it is there.
  ///   - least: what it must hold back, whatever the disk has.
  /// - Throws: ``StoreError`` `.diskFull` where there is less room than that.
  init(path: String, bytes: Int, least: Int) throws(StoreError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let size = max(least, min(bytes, Self.most, (FreeSpace.bytes(at: folder) ?? 0) / Self.share))
    let descriptor = try size > 0 ? Self.allocate(size, at: path) : nil
    left = descriptor == nil ? 0 : size
    self.descriptor = descriptor ?? -1
  }

  /// A file with so many bytes of its own; nil where the disk cannot do that.
  private static func allocate(_ size: Int, at path: String) throws(StoreError) -> Int32? {
    let descriptor = try OwnFile.emptied(path, doing: "cannot hold room for answers")
    let number = posix_fallocate(descriptor, 0, size)
    guard number != 0 else { return descriptor }
    close(descriptor)
    _ = unsafe unlink(path)
    guard number == ENOSPC || number == EDQUOT else { return nil }
    throw failure(number, size, path)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  private static func failure(_ number: Int32, _ size: Int, _ path: String) -> StoreError {
    StoreError(errno: number, doing: "cannot hold room for answers", at: path, needed: size)
  }

  /// Has bytes written behind those that are there; what is left of the file are zeros.
  ///
  /// - Parameter write: writes them into a file at an offset; false where it cannot.
  /// - Returns: false when they do not fit.
  mutating func keep(_ count: Int, _ write: (_ file: Int32, _ offset: Int) -> Bool) -> Bool {
    guard count <= left, write(descriptor, used) else { return false }
    used += count
    left -= count
    return true
  }
}
