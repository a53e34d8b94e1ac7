import FoundationEssentials
import Glibc

/// Another program that keeps a batch from everybody, such as `sqlite3` in a transaction, or a backup.
package struct LockWait: Sendable, Equatable {
  /// The batch, as messages name it.
  package let place: String
  /// Who it is, as far as the system tells.
  package let holder: String

  /// Looks who holds a lock for writing on the file of a batch or on those beside it.
  init(at place: String) {
    self.place = place
    let files = ["", "-shm", "-journal"].compactMap { FileID(place + $0) }
    let locks = (try? String(contentsOfFile: "/proc/locks", encoding: .utf8)) ?? ""
    let holder = locks.split(separator: "\n").lazy.compactMap { Self.process($0, on: files) }.first
    let name = holder.flatMap { try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8) }
    let comm = name.map { " (\($0.filter { !$0.isNewline }))" } ?? ""
    self.holder = holder.map { "process \($0)\(comm)" } ?? "another program"
  }

  /// The process that a line of `/proc/locks` is about, where it keeps others from one of some files
  /// (proc(5): number, kind, mode, access, process, device and inode, first byte, last byte).
  private static func process(_ line: Substring, on files: [FileID]) -> Int32? {
    let words = line.split(separator: " ")
    guard words.count == 8, words[1] == "POSIX", words[3] == "WRITE", let process = Int32(words[4]),
      process > 0, process != getpid(),
      let inode = words[5].split(separator: ":").last.flatMap({ UInt($0) })
    else { return nil }
    return files.contains { $0.inode == inode } ? process : nil
  }
}
