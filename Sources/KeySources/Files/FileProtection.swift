package import Glibc

/// Who can read and change a file, and whether a secret is taken from it.
package struct FileProtection {
  /// Who may read a file besides the user whose it is.
  package enum Readers {
    /// Nobody: it was made for this user alone.
    case none
    /// Those whom root lets read it: Docker and Kubernetes mount secrets with mode 0444 or 0440,
    /// owned by root, or on a file system that is mounted read-only, and others than those in the
    /// container do not see them.
    case asMounted
    /// The file's group as well: systemd lends a credential to one user by an access list, which
    /// shows there.
    case asMountedOrGroup
  }

  /// Why a file is refused.
  package enum Fault: Equatable {
    /// Its owner, who is neither this user nor root, could exchange it.
    case foreignOwner
    /// Others can read or change it.
    case shared
  }

  private static let write: mode_t = 0o022
  private static let read: mode_t = 0o055
  private static let groupRead: mode_t = 0o050

  /// The permission bits.
  let mode: mode_t
  let owner: uid_t
  /// Whether nobody can change it, whatever the mode says.
  let isOnReadOnlyMount: Bool

  package init(mode: mode_t, owner: uid_t, isOnReadOnlyMount: Bool) {
    self.mode = mode & 0o777
    self.owner = owner
    self.isOnReadOnlyMount = isOnReadOnlyMount
  }

  /// Looks at an open file.
  init(of file: Int32, _ status: stat) {
    var mount = statvfs()
    let isKnown = unsafe fstatvfs(file, &mount) == 0
    self.init(
      mode: status.st_mode,
      owner: status.st_uid,
      isOnReadOnlyMount: isKnown && Int(truncatingIfNeeded: mount.f_flag) & Int(ST_RDONLY) != 0
    )
  }

  /// Why a user does not take a secret from it; nil where it is safe.
  package func fault(for user: uid_t, _ readers: Readers) -> Fault? {
    if isOnReadOnlyMount, readers != .none { return mode & Self.write == 0 ? nil : .shared }
    guard owner == user || owner == 0 else { return .foreignOwner }
    let allowed: mode_t =
      switch readers {
      case .none: 0
      case .asMounted: owner == 0 ? Self.read : 0
      case .asMountedOrGroup: owner == 0 ? Self.read : Self.groupRead
      }
    return mode & 0o077 & ~allowed == 0 ? nil : .shared
  }
}
