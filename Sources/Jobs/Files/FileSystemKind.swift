internal import CLinux

/// Whether a batch can live on a file system, told by the number that the kernel gives it (statfs(2),
/// linux/magic.h).
///
/// SQLite needs locks that all processes see and, for its write-ahead log, memory that they share;
/// network file systems give neither for sure (sqlite.org/wal.html, sqlite.org/faq.html#q5).
package enum FileSystemKind: Sendable, Equatable {
  case local
  /// One that other machines can write to as well, by its usual name.
  case network(String)
  /// A program of its own serves it, and it may be local or not.
  case userSpace

  /// - Parameter magic: `f_type` of statfs(2), its lower 32 bits.
  package init(magic: UInt32) {
    switch magic {
    case 0x6969: self = .network("NFS")
    case 0x517B, 0xFF53_4D42, 0xFE53_4D42: self = .network("SMB")
    case 0x0102_1997: self = .network("9p")
    case 0x00C3_6400: self = .network("Ceph")
    case 0x5346_414F, 0x6B41_4653: self = .network("AFS")
    case 0x7375_7245: self = .network("Coda")
    case 0x0BD0_0BD0: self = .network("Lustre")
    case 0x4750_4653: self = .network("GPFS")
    case 0x0116_1970: self = .network("GFS2")
    case 0x7461_636F: self = .network("OCFS2")
    case 0x6573_5546: self = .userSpace
    default: self = .local
    }
  }

  /// That of an open file; local where the system does not say.
  init(of descriptor: Int32) {
    var information = statfs()
    let isKnown = unsafe fstatfs(descriptor, &information) == 0
    self = isKnown ? FileSystemKind(information) : .local
  }

  /// That on which a file or folder lies; local where the system does not say.
  package init(at path: String) {
    var information = statfs()
    let isKnown = unsafe statfs(path, &information) == 0
    self = isKnown ? FileSystemKind(information) : .local
  }

  private init(_ information: statfs) {
    self.init(magic: UInt32(truncatingIfNeeded: information.f_type))
  }

  /// What is told to a user who wants a batch at `path`; nil where nothing is wrong with that.
  package func refusal(at path: String) -> StoreError? {
    guard case .network(let name) = self else { return nil }
    return StoreError(
      .unsuitableFileSystem,
      "a batch file cannot live on a network file system (this is \(name)): its locks would not "
        + "hold, and results could be lost",
      at: path,
      next: "put the batch on a local disk with --queue, or choose an output there and copy the "
        + "results afterwards"
    )
  }

  /// What is told beside; nil where there is nothing to heed.
  package func warning(at path: String) -> String? {
    guard self == .userSpace else { return nil }
    return
      "\(path) lies on a FUSE file system; where that leads to another machine, keep the batch "
      + "on a local disk with --queue"
  }
}
