import Glibc

/// Room that is held back while the disk still has some, for the answers that are on their way when it
/// is full: they are paid for, and have to be kept somewhere.
struct SpaceReserve {
  /// The most that is held back.
  private static let most = 64 << 20
  /// The part of the free space that it may take: nobody should run out of room because of it.
  private static let share = 16

  private let path: String
  private var isHeld = false

  /// - Parameter path: of a file whose blocks become the reserve; replaced where it is there.
  init(path: String) { self.path = path }

  /// Holds back up to `bytes`, and less on a disk that has little room.
  ///
  /// - Parameter least: what it must hold back, whatever the disk has.
  /// - Throws: ``StoreError`` `.diskFull` where there is less room than that.
  mutating func hold(_ bytes: Int, least: Int) throws(StoreError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let size = max(least, min(bytes, Self.most, (FreeSpace.bytes(at: folder) ?? 0) / Self.share))
    guard size > 0 else { return }
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(errno, size, path) }
    defer { close(descriptor) }
    isHeld = true
    let number = posix_fallocate(descriptor, 0, size)
    guard number != 0 else { return }
    release()
    if number == ENOSPC || number == EDQUOT { throw Self.failure(number, size, path) }
  }

  private static func failure(_ number: Int32, _ size: Int, _ path: String) -> StoreError {
    StoreError(errno: number, doing: "cannot hold room for answers", at: path, needed: size)
  }

  /// Gives the room back to the disk.
  ///
  /// - Returns: false when there was none, or no more.
  @discardableResult
  mutating func release() -> Bool {
    defer { isHeld = false }
    guard isHeld else { return false }
    return unsafe unlink(path) == 0
  }
}
