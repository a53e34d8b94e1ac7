import Foundation
import Jobs
import KeySources
import Runner

/// Files that a killed process, or anybody, has left.
enum FileTargets {
  private static let folder = FileManager.default.temporaryDirectory
    .appending(path: "nightjar-fuzz-\(getpid())")

  /// Writes a file of this process; nil where that cannot be.
  private static func write(_ bytes: [UInt8], _ name: String) -> String? {
    let file = folder.appending(path: name)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try? FileManager.default.removeItem(at: file)
      try Data(bytes).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path())
      return file.path()
    } catch {
      return nil
    }
  }

  /// Answers of a journal; what is read is no longer than the file.
  static func answers(_ bytes: [UInt8]) -> String? {
    let files = WorkerFiles(batch: folder.appending(path: "a").path(), tag: "w1")
    guard write(bytes, "a-w1-answers1") == files.answers[0] else { return "no file for it" }
    let size = AnswerJournal.answers(in: files).reduce(0) { $0 + $1.result.line.count }
    return size <= bytes.count ? nil : "answers of more bytes than there are"
  }

  static func sent(_ bytes: [UInt8]) -> String? {
    guard let path = write(bytes, "sent") else { return "no file for it" }
    let record = SendJournal.record(at: path)
    return record.jobs.count <= bytes.count && record.unanswered >= .zero
      ? nil : "more was sent than was noted"
  }

  static func audit(_ bytes: [UInt8]) -> String? {
    guard let path = write(bytes, "audit") else { return "no file for it" }
    _ = AuditReader.isLog(path)
    guard let summary = try? AuditReader.verify(path) else { return nil }
    return summary.unfinished <= bytes.count ? nil : "more is unfinished than there is"
  }

  /// What is told of a document before it is sent.
  static func attachment(_ bytes: [UInt8]) -> String? {
    let kind = DocumentKind(head: bytes[...])
    if let size = PixelSize(of: kind, in: bytes[...]), size.width < 1 || size.height < 1 {
      return "an image of no size"
    }
    guard (PDFPages.count(in: bytes) ?? 1) >= 1 else { return "a PDF of no pages" }
    guard kind.mediaType != nil else { return nil }
    let file = AttachedFile(kind, name: "a", bytes: bytes)
    let providers: [any Provider] = [Anthropic(), OpenAI()]
    for rules in providers.compactMap({ $0.attachmentRules(for: "m") }) {
      try? rules.check(file)
      let tokens = rules.tokens(of: file.extent)
      guard tokens.expected > 0, tokens.expected <= tokens.most else { return "too few tokens" }
    }
    return nil
  }

  /// Everything that is shown of a batch file.
  static func batch(_ bytes: [UInt8]) -> String? {
    guard let path = write(bytes, "batch.nightjar") else { return "no file for it" }
    guard let inspector = try? SQLiteEngine().inspect(path) else { return nil }
    _ = try? inspector.input()
    _ = try? inspector.workers()
    _ = try? inspector.recovery()
    _ = try? inspector.summary()
    _ = try? inspector.causes(9)
    _ = try? inspector.results(.completed, afterJob: -1, limit: 99)
    _ = try? inspector.results(after: 0, limit: 99)
    _ = try? inspector.sequenceBound()
    _ = try? inspector.delayed(at: 0)
    _ = try? inspector.exportPositions()
    _ = try? inspector.pageFindings()
    _ = try? inspector.foreignFindings()
    _ = try? inspector.countFindings()
    return nil
  }
}
