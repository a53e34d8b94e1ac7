package import Glibc

extension StoreError {
  /// Names another user's file as such, where that is why it cannot be used; nil where it is not.
  init?(notOursAt path: String, doing: String) {
    var information = stat()
    guard unsafe stat(path, &information) == 0, information.st_uid != geteuid(),
      unsafe access(path, R_OK | W_OK) != 0
    else { return nil }
    self.init(owner: information.st_uid, mode: information.st_mode, doing: doing, at: path)
  }

  /// - Parameters:
  ///   - owner: whose file it is.
  ///   - mode: `st_mode` of stat(2).
  ///   - doing: what was tried, such as "cannot open the batch file".
  package init(owner: uid_t, mode: mode_t, doing: String, at path: String) {
    let name = owner == 0 ? "root" : "user \(owner)"
    self.init(
      .notWritable,
      "\(doing): it belongs to \(name) (mode \(String(mode & 0o7777, radix: 8)))",
      at: path,
      next: "go on as \(name), or have it, what lies beside it and the results given to you "
        + "(`chown`); another output would have every job sent and paid for again"
    )
  }
}
