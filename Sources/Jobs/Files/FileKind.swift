import Glibc

/// What a name stands for; a link stands for itself.
package enum FileKind: Sendable, CaseIterable {
  case absent, regular, folder, link, pipe, socket, device

  /// What is at `path` now; what cannot be looked at counts as absent.
  package init(at path: String) {
    var information = stat()
    self = unsafe lstat(path, &information) == 0 ? FileKind(mode: information.st_mode) : .absent
  }

  /// What a name leads to, links followed.
  package init(following path: String) {
    var information = stat()
    self = unsafe stat(path, &information) == 0 ? FileKind(mode: information.st_mode) : .absent
  }

  /// - Parameter mode: `st_mode` of stat(2).
  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .folder
    case S_IFLNK: self = .link
    case S_IFIFO: self = .pipe
    case S_IFSOCK: self = .socket
    default: self = .device
    }
  }

  /// Bytes of the file at `path`; 0 where there is none.
  package static func size(at path: String) -> Int {
    var information = stat()
    return unsafe lstat(path, &information) == 0 ? Int(information.st_size) : 0
  }

  /// What it is, in words.
  package var name: String {
    switch self {
    case .absent: "nothing"
    case .regular: "a file"
    case .folder: "a folder"
    case .link: "a symbolic link"
    case .pipe: "a named pipe"
    case .socket: "a socket"
    case .device: "a device"
    }
  }

  /// Why nothing is written there; nil where a file may be.
  package func refusal(at path: String) -> StoreError? {
    let stream = "write to standard output with `-o -`, and lead that there with `>`"
    var what = "cannot write here: this is \(name)"
    let next: String
    switch self {
    case .absent, .regular: return nil
    case .folder:
      let folder = path.hasSuffix("/") ? path : path + "/"
      next = "name a file in it, such as \(folder)results.jsonl"
    case .link:
      what += ", which is neither followed nor replaced"
      next = "name the file that it leads to, or remove the link"
    case .pipe, .socket, .device: next = stream
    }
    return StoreError(.notWritable, what, at: path, next: next)
  }
}
