import FoundationEssentials
import Glibc

/// The files that a worker keeps beside its batch, by which others learn what it left behind.
package struct WorkerFiles: Sendable, Equatable {
  /// Where the worker notes which requests are on their way; locked while it lives.
  package let sent: String
  /// Where answers are kept until their commit, in turns.
  package let answers: [String]
  /// Room that is held back for answers which come after the disk is full, and those answers.
  package let reserve: String

  /// - Parameters:
  ///   - batch: path of the batch file.
  ///   - tag: what tells the files of one worker from another's; empty for the owner of a file of
  ///     version 1.
  package init(batch: String, tag: String) {
    let stem = tag.isEmpty ? batch : "\(batch)-\(tag)"
    sent = stem + "-sent"
    answers = [stem + "-answers1", stem + "-answers2"]
    reserve = stem + "-reserve"
  }

  /// The files of every worker that has some beside a batch of version 2 or later.
  static func all(of batch: String) -> [WorkerFiles] {
    let file = URL(fileURLWithPath: batch)
    let (start, end) = (file.lastPathComponent + "-", "-sent")
    let folder = file.deletingLastPathComponent().path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(start + "w") && $0.hasSuffix(end) }.map { name in
      WorkerFiles(batch: batch, tag: String(name.dropFirst(start.count).dropLast(end.count)))
    }
  }

  /// Removes the files once nothing in them is needed.
  package func remove() {
    for file in answers + [reserve, sent] { _ = unsafe unlink(file) }
  }
}
