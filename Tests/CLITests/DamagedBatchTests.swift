import Foundation
import Glibc
import TestSupport
import Testing

/// Batches of which something is not as it was written.
struct DamagedBatchTests {
  private static let jobs = 400
  private static let page = 4_096

  private let folder: Scratch
  private let provider: Provider
  private let run: [String]

  init() throws {
    folder = try Scratch()
    provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<Self.jobs))
    run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run).status == 0)
  }

  @Test func `answers that an older copy of the batch lacks are not told to be thrown away`()
    throws
  {
    let run = ["run", "in.jsonl", "-o", "old.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run + ["--limit", "2"]).status == 0)
    let batch = URL(fileURLWithPath: folder.path(of: "old.jsonl.nightjar"))
    let copy = try Data(contentsOf: batch)
    #expect(try folder.nightjar(run).status == 0)
    let (results, requests) = (folder.read("old.jsonl"), provider.requests.count)
    try copy.write(to: batch)
    let ending = try folder.nightjar(run)
    #expect(ending.status == 73, "\(ending.errors)")
    #expect(ending.errors.contains("put the newest copy of the batch back"), "\(ending.errors)")
    #expect(folder.read("old.jsonl") == results && provider.requests.count == requests)
  }

  @Test(arguments: ["wal", "shm", "journal"])
  func `nothing is written to what stands in the place of a journal`(_ ending: String) throws {
    let place = folder.path(of: "\(batch)-\(ending)")
    try folder.write("mine", "mine")
    let plants: [(String, () throws -> Void)] = [
      (
        "a second name",
        { [folder] in
          try FileManager.default.linkItem(atPath: folder.path(of: "mine"), toPath: place)
        }
      ),
      ("a named pipe", { #expect(unsafe mkfifo(place, 0o600) == 0) }),
    ]
    for (what, plant) in plants {
      try? FileManager.default.removeItem(atPath: place)
      try plant()
      for command in [run, ["status", "out.jsonl"], ["export", "out.jsonl", "-o", "x"]] {
        let ending = try folder.nightjar(command)
        #expect(ending.status == 73 && ending.errors.contains(what), "\(command): \(ending.errors)")
      }
      #expect(folder.read("mine") == "mine")
    }
  }

  /// What another program makes of the batch.
  @discardableResult
  private func sql(_ statements: String...) throws -> String {
    let program = """
      import sqlite3, sys
      batch = sqlite3.connect(sys.argv[1])
      *first, last = sys.argv[2:]
      for statement in first: batch.execute(statement)
      print(*(batch.execute(last).fetchone() or ()))
      batch.commit()
      """
    return try Tool.output("python3", ["-c", program, folder.path(of: batch)] + statements)
  }

  private func overwrite(_ name: String, at offset: Int, with bytes: [UInt8]) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.path(of: name)))
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: Data(bytes))
    try file.close()
  }

  @Test func `a sound batch is said to be sound, and stays as it is`() throws {
    let before = folder.read("out.jsonl.nightjar")
    let check = try folder.nightjar(["status", "out.jsonl", "--check"])
    #expect(check.status == 0, "\(check.errors)")
    #expect(check.output == "nothing is wrong with out.jsonl.nightjar\n")
    #expect(folder.read("out.jsonl.nightjar") == before)
  }

  @Test(arguments: [0xA5, 0] as [UInt8])
  func `a page that was overwritten is found, and what others hold is saved`(with byte: UInt8)
    throws
  {
    let garbage = [UInt8](repeating: byte, count: Self.page)
    let sound = Array(try Data(contentsOf: URL(fileURLWithPath: folder.path(of: batch))))
    var saved: [Int] = []
    for place in stride(from: Self.page, to: sound.count, by: sound.count / 8 & ~(Self.page - 1)) {
      try overwrite(batch, at: 0, with: sound)
      try overwrite(batch, at: place, with: garbage)
      let check = try folder.nightjar(["status", "out.jsonl", "--check"])
      #expect(check.status == 1, "page at \(place): \(check.output)")
      #expect(check.output.hasPrefix(batch + ": "), "page at \(place): \(check.output)")
      #expect(check.errors.contains("nightjar export"), "page at \(place): \(check.errors)")
      saved.append(try savedResults(damagedAt: place))
    }
    #expect(saved.contains { $0 < Self.jobs })
    #expect(saved.allSatisfy { $0 > Self.jobs * 9 / 10 }, "\(saved)")
  }

  @Test(arguments: [90, 50]) func `what is left of one that lacks its end is saved`(part: Int)
    throws
  {
    let sound = Array(try Data(contentsOf: URL(fileURLWithPath: folder.path(of: batch))))
    let rest = Data(sound.prefix(sound.count * part / 100))
    try rest.write(to: URL(fileURLWithPath: folder.path(of: batch)))
    let check = try folder.nightjar(["status", "out.jsonl", "--check"])
    #expect(check.status == 1 && check.errors.contains("nightjar export"), "\(check.errors)")
    let saved = try savedResults(damagedAt: rest.count)
    #expect((Self.jobs / 5..<Self.jobs).contains(saved), "\(saved)")
    #expect(try folder.nightjar(run).status == 73)
  }

  private var batch: String { "out.jsonl.nightjar" }

  /// How many results an export of the damaged batch has, each of which is a good one.
  private func savedResults(damagedAt place: Int) throws -> Int {
    let export = try folder.nightjar(["export", "out.jsonl", "-o", "saved.jsonl"])
    let good = Set(folder.lines("out.jsonl"))
    let saved = folder.lines("saved.jsonl")
    #expect(Set(saved).count == saved.count, "page at \(place)")
    #expect(good.isSuperset(of: saved), "page at \(place)")
    #expect(export.status == (saved.count == Self.jobs ? 0 : 1), "\(place): \(export.errors)")
    return saved.count
  }

  @Test func `one that lacks its counters is saved, but in no order that nothing vouches for`()
    throws
  {
    try sql(
      "PRAGMA writable_schema = ON",
      "UPDATE sqlite_schema SET sql = replace(sql, 'NULL', 'NUL') WHERE name = 'batch'"
    )
    let ordered = try folder.nightjar(["export", "out.jsonl", "-o", "x.jsonl", "--ordered"])
    #expect(ordered.status == 73 && folder.lines("x.jsonl").isEmpty, "\(ordered.errors)")
    #expect(try savedResults(damagedAt: 0) == Self.jobs)
  }

  @Test func `a segment that says otherwise than its index is not run`() throws {
    let isIndex = "name = 'segment_first_job'"
    try sql(
      "PRAGMA writable_schema = ON",
      "CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE \(isIndex)",
      "DELETE FROM sqlite_schema WHERE \(isIndex)"
    )
    try sql("UPDATE segment SET first_job = first_job + 1 WHERE segment = 1")
    try sql(
      "PRAGMA writable_schema = ON",
      "INSERT INTO sqlite_schema SELECT * FROM kept",
      "DELETE FROM sqlite_schema WHERE name = 'kept'"
    )
    let again = try folder.nightjar(run)
    #expect(again.status == 73, "\(again.errors)")
    #expect(again.errors.contains("its jobs are not those that were queued"), "\(again.errors)")
  }

  @Test func `what others put into a batch is found and never run`() throws {
    let count = folder.lines("out.jsonl").count
    try sql(
      "CREATE TABLE note (text)",
      "CREATE VIEW mine AS SELECT * FROM result",
      "CREATE TRIGGER eater BEFORE INSERT ON result BEGIN SELECT raise(ignore); END",
      "CREATE TRIGGER forger AFTER INSERT ON result BEGIN INSERT INTO note VALUES (1); END"
    )
    let check = try folder.nightjar(["status", "out.jsonl", "--check"])
    #expect(check.status == 1)
    for name in ["table note", "view mine", "trigger eater", "trigger forger"] {
      #expect(check.output.contains("there is a \(name) that is not nightjar's"), "\(check.output)")
    }
    try folder.write("in.jsonl", prompts(0..<Self.jobs + 5))
    #expect(try folder.nightjar(run).status == 0)
    #expect(folder.lines("out.jsonl").count == count + 5)
    #expect(try sql("SELECT count(*) FROM note") == "0\n")
  }

  @Test func `a line that was changed in a batch is not given out`() throws {
    try sql(
      "UPDATE result SET line = CAST(replace(CAST(line AS TEXT), 'endpoint', 'end_oint') AS BLOB) "
        + "WHERE sequence = 7"
    )
    let check = try folder.nightjar(["status", "out.jsonl", "--check"])
    #expect(check.output.contains("1 lines are not what was written"), "\(check.output)")
    let export = try folder.nightjar(["export", "out.jsonl", "-o", "saved.jsonl"])
    #expect(export.status == 1)
    #expect(folder.lines("saved.jsonl").count == Self.jobs - 1)
    try FileManager.default.removeItem(atPath: folder.path(of: "out.jsonl"))
    let again = try folder.nightjar(run)
    #expect(again.status == 73, "\(again.errors)")
    #expect(again.errors.contains("is not what was written"), "\(again.errors)")
  }

  @Test func `a results file that was changed is found, with the place`() throws {
    let line = try #require(folder.lines("out.jsonl").first)
    try overwrite("out.jsonl", at: line.utf8.count + 1, with: [UInt8(ascii: "X")])
    let check = try folder.nightjar(["status", "out.jsonl", "--check"])
    #expect(check.status == 1)
    let place = "out.jsonl: it differs from the batch at byte \(line.utf8.count + 1)"
    #expect(check.output.hasPrefix(place), "\(check.output)")
    #expect(check.errors.contains("nothing is sent again"), "\(check.errors)")
    try FileManager.default.removeItem(atPath: folder.path(of: "out.jsonl"))
    let sent = provider.requests.count
    #expect(try folder.nightjar(run).status == 0)
    #expect(folder.lines("out.jsonl").count == Self.jobs && provider.requests.count == sent)
  }

  @Test(arguments: ["run", "status", "export", "retry"])
  func `a batch of a newer version is refused and left alone`(command: String) throws {
    // PRAGMA user_version (sqlite.org/fileformat.html#the_database_header).
    try overwrite(batch, at: 63, with: [99])
    let before = folder.read(batch)
    let ending: Program.Ending
    switch command {
    case "run": ending = try folder.nightjar(run)
    case "export": ending = try folder.nightjar(["export", "out.jsonl", "-o", "all.jsonl"])
    case "retry": ending = try folder.nightjar(["retry", "out.jsonl", "--failed"])
    default: ending = try folder.nightjar([command, "out.jsonl"])
    }
    #expect(ending.status == 73, "\(ending.errors)")
    #expect(ending.errors.contains("written by a newer version"), "\(ending.errors)")
    #expect(folder.read(batch) == before)
  }
}
