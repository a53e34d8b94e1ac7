import Glibc
import KeySources
import Testing

/// From which files a user takes a secret.
struct FileProtectionTests {
  private let user: uid_t = 1_000

  private func fault(
    _ mode: mode_t,
    of owner: uid_t,
    mountedReadOnly: Bool = false,
    _ readers: FileProtection.Readers = .asMounted
  ) -> FileProtection.Fault? {
    FileProtection(mode: mode, owner: owner, isOnReadOnlyMount: mountedReadOnly)
      .fault(for: user, readers)
  }

  @Test(arguments: [0o400, 0o440, 0o444, 0o600, 0o640, 0o644, 0o555] as [mode_t])
  func `what root lets others read is taken as a mounted secret`(mode: mode_t) {
    #expect(fault(mode, of: 0) == nil)
  }

  @Test(arguments: [0o440, 0o444, 0o640, 0o644, 0o604] as [mode_t])
  func `one's own file that others can read is refused`(mode: mode_t) {
    #expect(fault(mode, of: user) == .shared)
    #expect(fault(mode, of: 0, .none) == .shared)
  }

  @Test(arguments: [0o420, 0o402, 0o464, 0o446, 0o666, 0o777] as [mode_t])
  func `what others can change is refused, whosever it is`(mode: mode_t) {
    for readers: FileProtection.Readers in [.none, .asMounted, .asMountedOrGroup] {
      #expect(fault(mode, of: 0, readers) == .shared)
      #expect(fault(mode, of: user, readers) == .shared)
      #expect(fault(mode, of: 0, mountedReadOnly: true, readers) == .shared)
    }
  }

  @Test func `a foreign owner could exchange the file, unless it is mounted read-only`() {
    #expect(fault(0o400, of: 1_001) == .foreignOwner)
    #expect(fault(0o444, of: 1_001) == .foreignOwner)
    #expect(fault(0o444, of: 1_001, mountedReadOnly: true) == nil)
    #expect(fault(0o400, of: 1_001, mountedReadOnly: true, .none) == .foreignOwner)
  }

  @Test func `a credential of systemd may be readable by its group`() {
    #expect(fault(0o440, of: user, .asMountedOrGroup) == nil)
    #expect(fault(0o444, of: user, .asMountedOrGroup) == .shared)
    #expect(fault(0o440, of: 0, .asMountedOrGroup) == nil)
  }
}
