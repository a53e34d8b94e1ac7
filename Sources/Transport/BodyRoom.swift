internal import Glibc

/// How much room a body is given as it grows.
enum BodyRoom {
  /// Bodies up to this size, bytes, are moved as they grow, and are there twice meanwhile.
  private static let large = 8 << 20
  /// What must stay free for the rest of the program, bytes.
  private static let spare = 32 << 20

  /// Bytes to make room for, at least `size`; nil where the system has no memory for it.
  ///
  /// Swift ends the program where an allocation fails, so it is asked for before. A large body is
  /// given room for all that may come, of which the system takes what is used.
  static func bytes(for size: Int, expected: Int, most: Int) -> Int? {
    let isKnown = size <= expected
    let whole = isKnown ? expected : size <= large ? min(2 * size, most) : most
    let wishes = [whole, size + size / 8]
    return wishes.first { $0 >= size && isThere($0 + spare) }
  }

  private static func isThere(_ bytes: Int) -> Bool {
    let access = PROT_READ | PROT_WRITE
    let probe = unsafe mmap(nil, bytes, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let probe = unsafe probe, unsafe probe != MAP_FAILED else { return false }
    unsafe munmap(probe, bytes)
    return true
  }
}
