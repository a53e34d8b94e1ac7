import Glibc

/// A file beside a batch that notes which files its exports have written, so that a later export
/// knows what it may replace.
///
/// A file and not the batch, which only its owner may write, and which may lie on a disk that is
/// full. A file is known by inode, size and the time of its last change: one that somebody else has
/// changed is no longer ours. The device is left out, since some have another number after a reboot.
package struct ExportRecord: Sendable {
  /// Only the last exports are looked at; an entry has some 40 bytes.
  private static let window = 64 << 10

  private let path: String

  /// - Parameter batch: path of the batch file.
  package init(batch: String) {
    path = batch + "-exports"
  }

  /// True for a file that an export of this batch wrote and nobody has changed since.
  package func holds(_ file: String) -> Bool {
    var information = stat()
    guard unsafe lstat(file, &information) == 0 else { return false }
    let entry = Self.entry(of: information)
    return (try? entries())?.contains { $0 == entry } ?? false
  }

  /// Notes a file that an export has written, before it takes its name: a kill in between leaves a
  /// file that is known.
  ///
  /// Where that cannot be written down, the next export asks for leave to replace the file.
  package func note(_ file: OutputFile) {
    guard let information = try? file.status(),
      let descriptor = try? OwnFile.open(
        path,
        O_WRONLY | O_CREAT | O_APPEND,
        doing: "cannot note the export",
        isPrivate: true
      )
    else { return }
    defer { close(descriptor) }
    let line = Array((Self.entry(of: information) + "\n").utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
  }

  private func entries() throws(StoreError) -> [Substring] {
    let descriptor = try OwnFile.open(path, O_RDONLY, doing: "cannot read", isPrivate: true)
    defer { close(descriptor) }
    let start = max(0, lseek(descriptor, 0, SEEK_END) - Self.window)
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.window) { room, used in
      used = max(0, unsafe pread(descriptor, room.baseAddress, Self.window, start))
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  private static func entry(of information: stat) -> String {
    let changed = information.st_mtim.tv_sec * 1_000_000_000 + information.st_mtim.tv_nsec
    return "\(information.st_ino) \(information.st_size) \(changed)"
  }
}
