import Glibc

/// Pages that hold one secret each: locked where the system allows it, left out of core dumps and
/// of forked children, between two pages that nobody may touch, and wiped before they go.
///
/// libcrypto's secure heap would be one arena for all, but once it is set up libcrypto itself
/// takes from it for every TLS connection, and connections fail when it is full.
enum SecretMemory {
  private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// Zeroed room for `count` bytes, rounded up to whole pages.
  static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
    let room = roundedUp(count)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    let mapping = unsafe mmap(nil, room + 2 * page, PROT_NONE, flags, -1, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
      fatalError("out of memory for a secret of \(count) bytes")
    }
    let base = unsafe mapping + page
    guard unsafe mprotect(base, room, PROT_READ | PROT_WRITE) == 0 else {
      fatalError("out of memory for a secret of \(count) bytes")
    }
    // Past the limit on locked memory a secret is kept all the same; it may then be swapped out.
    _ = unsafe mlock(base, room)
    _ = unsafe madvise(base, room, MADV_DONTDUMP)
    _ = unsafe madvise(base, room, MADV_WIPEONFORK)
    return unsafe base
  }

  /// Wipes and returns what ``allocate(_:)`` gave for the same count.
  static func free(_ base: UnsafeMutableRawPointer, _ count: Int) {
    let room = roundedUp(count)
    unsafe explicit_bzero(base, room)
    _ = unsafe munmap(base - page, room + 2 * page)
  }

  private static func roundedUp(_ count: Int) -> Int {
    max(1, (count + page - 1) / page) * page
  }
}
