import Foundation
import Jobs

/// What a worker has noted in its files about the requests that it sends.
struct WorkerTraces {
  /// Jobs whose requests are on their way.
  private(set) var inFlight: Set<Int> = []
  /// Jobs whose answers are kept and not committed.
  private(set) var kept: Set<Int> = []

  /// Reads the files of the worker that a process is; nothing for one that is none yet.
  ///
  /// Its files are those that it holds a lock on, as `/proc/locks` has it (proc_locks(5)), so that a
  /// stopped process can be looked at without waiting for a lock of the batch that it may hold too.
  ///
  /// - Parameter batch: name of the batch file.
  init(of process: pid_t, in folder: Scratch, batch: String) {
    let locked = Self.filesLocked(by: process)
    for name in folder.files where name.hasPrefix(batch + "-") && name.hasSuffix("-sent") {
      guard locked.contains(folder.inode(of: name)) else { continue }
      let tag = name.dropFirst(batch.count + 1).dropLast("-sent".count)
      let files = WorkerFiles(batch: folder.path(of: batch), tag: String(tag))
      inFlight = Set(SendJournal.record(at: files.sent).jobs.keys)
      kept = Set(AnswerJournal.answers(in: files).map(\.result.job))
    }
  }

  /// True while a process holds a lock of SQLite's, which are those of fcntl(2).
  static func isAtDatabase(_ process: pid_t) -> Bool {
    !filesLocked(by: process, "POSIX").isEmpty
  }

  /// The numbers of the files that a process holds a lock on, with flock(2) or another call.
  private static func filesLocked(by process: pid_t, _ kind: String = "FLOCK") -> Set<Int> {
    // The list is read in pieces, and one piece lacks a lock where others were let go of since the
    // last.
    let locks = (0..<9).map { _ in
      (try? String(contentsOfFile: "/proc/locks", encoding: .utf8)) ?? ""
    }
    let files = locks.joined().split(separator: "\n").compactMap { line -> Int? in
      let words = line.split(separator: " ")
      guard words.count > 5, words[1] == kind, words[4] == "\(process)" else { return nil }
      return words[5].split(separator: ":").last.flatMap { Int($0) }
    }
    return Set(files)
  }
}

extension Scratch {
  /// The files of workers that nobody has removed.
  var workerFiles: [String] { files.filter { $0.contains(/-(sent|answers[12]|reserve)$/) } }

  fileprivate func inode(of name: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path(of: name))
    return attributes?[.systemFileNumber] as? Int ?? 0
  }
}
