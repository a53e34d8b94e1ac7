import FoundationEssentials
import Glibc

/// Files that bear the names of a batch's journals and are none, so that a new batch does not take
/// them for what an earlier one left, and remove them.
enum ForeignFile {
  /// - Parameter batch: a path where no batch is yet.
  /// - Throws: ``StoreError`` `.notWritable` that names the first one.
  static func refuse(beside batch: String) throws(StoreError) {
    guard let path = names(beside: batch).first(where: { !isJournal($0) }) else { return }
    throw StoreError(
      .notWritable,
      "a file has the name of a journal that this batch would make, and would be lost",
      at: path,
      next: "move it away, or choose another output"
    )
  }

  /// Refuses what stands in the place of a file of SQLite: it would wait for the other end of a pipe,
  /// and write over a file that has the name as its second one.
  ///
  /// - Throws: ``StoreError`` `.notWritable` that names the first one.
  static func refuse(inPlaceOfJournalsOf batch: String) throws(StoreError) {
    for ending in heads.keys.sorted() {
      let path = "\(batch)-\(ending)"
      var information = stat()
      guard unsafe lstat(path, &information) == 0 else { continue }
      if let refusal = FileKind(mode: information.st_mode).refusal(at: path) { throw refusal }
      guard information.st_nlink <= 1 else {
        throw StoreError(foreignFileAt: path, doing: "cannot open the batch")
      }
    }
  }

  private static func names(beside batch: String) -> [String] {
    let folder = batch.lastIndex(of: "/").map { batch[...$0] } ?? ""
    let start = batch.dropFirst(folder.count) + "-"
    let place = folder.isEmpty ? "." : String(folder)
    let names = try? FileManager.default.contentsOfDirectory(atPath: place)
    return (names ?? []).sorted().filter { name in
      guard name.hasPrefix(start) else { return false }
      let ending = name.dropFirst(start.count)
      return heads[String(ending)] != nil
        || ending.hasPrefix("w") && endings.contains(where: ending.hasSuffix)
    }.map { folder + $0 }
  }

  /// How the files of SQLite begin: its log (sqlite.org/fileformat2.html#walformat), the index of that
  /// (sqlite.org/walformat.html) and its rollback journal.
  private static let heads: [String: [UInt8]] = [
    "wal": [0x37, 0x7F, 0x06], "shm": [0x18, 0xE2, 0x2D, 0x00],
    "journal": [0xD9, 0xD5, 0x05, 0xF9],
  ]

  /// How the files of a worker end, each of which begins with a number of eight bytes: of requests
  /// that are on their way, of answers, and of those that came while the disk was full.
  private static let endings = ["-sent", "-answers1", "-answers2", "-reserve"]

  /// True also for one that is empty, or whose bytes a power cut has lost.
  private static func isJournal(_ path: String) -> Bool {
    guard FileKind(at: path) == .regular, let head = head(of: path) else { return true }
    if head.allSatisfy({ $0 == 0 }) { return true }
    let sqlite = heads.first { path.hasSuffix("-" + $0.key) }
    if let sqlite { return head.starts(with: sqlite.value) }
    if path.hasSuffix("-sent") { return head == SendJournal.head }
    // The length of an answer.
    return head.count == 8 && head.suffix(3).allSatisfy { $0 == 0 }
  }

  private static func head(of path: String) -> [UInt8]? {
    guard let descriptor = try? OwnFile.open(path, O_RDONLY, doing: "cannot read") else {
      return nil
    }
    defer { close(descriptor) }
    var head = [UInt8](repeating: 0, count: 8)
    let got = unsafe head.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, 8, 0) }
    return Array(head.prefix(max(0, got)))
  }
}
