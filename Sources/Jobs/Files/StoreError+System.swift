import Glibc

extension StoreError {
  /// Names a failed system call by what it means for the user.
  ///
  /// - Parameters:
  ///   - number: the value of `errno` after the call.
  ///   - doing: what was tried, such as "cannot write results".
  ///   - place: the file it was tried on.
  ///   - needed: how many bytes could not be written, where that is known.
  package init(errno number: Int32, doing: String, at place: String, needed: Int? = nil) {
    let reason = unsafe String(cString: strerror(number)).lowercased()
    switch number {
    case ENOSPC, EDQUOT:
      self.init(noRoom: doing, isQuota: number == EDQUOT, at: place, needed: needed)
    case EFBIG: self.init(tooLarge: doing, at: place)
    case EPIPE:
      self.init(
        .readerGone,
        "\(doing): whoever read them has gone",
        at: place,
        next: "run the same command with a reader; finished jobs will not be sent again"
      )
    case EEXIST:
      self.init(
        .notWritable,
        "\(doing): there is a file of that name now",
        at: place,
        next: "choose another name"
      )
    case EACCES, EPERM, EROFS, ENOTDIR, ENOENT, EISDIR:
      if let error = StoreError(notOursAt: place, doing: doing) {
        self = error
        return
      }
      self.init(
        .notWritable,
        "\(doing): \(reason)",
        at: place,
        next: "choose an output in an existing folder that you can write to"
      )
    default:
      self.init(
        .inputOutput,
        "\(doing): \(reason)",
        at: place,
        next: "check the disk and run the same command"
      )
    }
  }

  /// No disk with so many bytes left is full.
  private static let muchRoom = 64 << 20

  /// A file may not grow further, which is a limit of the process that only its parent sets.
  init(tooLarge doing: String, at place: String) {
    let limit = Self.largestFile.map { " (\($0) bytes)" } ?? ""
    self.init(
      .diskFull,
      "\(doing): the file would grow past the largest size that is allowed here\(limit)",
      at: place,
      next: "raise the limit (`ulimit -f unlimited`) and run the same command; finished jobs will "
        + "not be sent again"
    )
  }

  /// How large a file of this process may become, in bytes; nil where nothing limits it.
  static var largestFile: UInt64? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0,
      limit.rlim_cur < UInt64(Int64.max)
    else { return nil }
    return UInt64(limit.rlim_cur)
  }

  /// The disk, or the user's part of it, is full.
  init(noRoom doing: String, isQuota: Bool, at place: String, needed: Int?) {
    let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? "."
    // A write that was cut short does not say why: with room on the disk it was the file that may not
    // grow.
    if !isQuota, Self.largestFile != nil, let free = FreeSpace.bytes(at: folder),
      free > max(needed ?? 0, Self.muchRoom)
    {
      self.init(tooLarge: doing, at: place)
      return
    }
    let reason = isQuota ? "the disk quota is used up" : "the disk is full"
    let need = needed.map { "at least \($0) bytes are needed" }
    // A quota leaves the disk its room, which would say nothing here.
    let free = isQuota ? nil : FreeSpace.bytes(at: folder).map { "\($0) bytes are free" }
    self.init(
      .diskFull,
      ([doing + ": " + reason] + [need, free].compactMap(\.self)).joined(separator: ", "),
      at: place,
      next: "free some space and run the same command; finished jobs will not be sent again"
    )
  }

  /// The disk did not confirm a write (fsync(2)).
  ///
  /// The kernel marks the pages clean all the same, so
  /// trying again would be told a success that is none.
  init(unconfirmed what: String, reason: String, at place: String) {
    self.init(
      .inputOutput,
      "the disk did not confirm that \(what) (\(reason)); what was confirmed before is safe, and "
        + "answers that came since are kept beside the batch as long as this machine stays up",
      at: place,
      next: "check the disk (dmesg tells), then run the same command: what was not confirmed is "
        + "written again, and finished jobs will not be sent again"
    )
  }

  /// The same, named by the value of `errno`.
  init(unconfirmed what: String, errno number: Int32, at place: String) {
    switch number {
    case ENOSPC, EDQUOT, EROFS:
      self.init(errno: number, doing: "the disk did not take that \(what)", at: place)
    default:
      let reason = unsafe String(cString: strerror(number)).lowercased()
      self.init(unconfirmed: what, reason: reason, at: place)
    }
  }
}
