import Foundation
import KeySources
import TestSupport
import Testing

struct AuditLogTests {
  private let folder: TemporaryFolder
  private let path: String
  private static let start = Int64(1_795_428_000_000)

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/audit"
  }

  private func opened() throws -> AuditLog {
    try AuditLog(path, now: { Self.start })
  }

  private static let name = AuditEntry.KeyName(
    reference: "keystore:main",
    label: "3",
    fingerprint: "0a1b2c3d"
  )

  private func entry(_ number: Int) -> AuditEntry {
    .attempts(key: Self.name, account: "main", outcome: "completed", jobs: [number])
  }

  /// A log of five entries.
  private func written() throws {
    let log = try opened()
    try log.append([.key(.loaded, account: "main", key: Self.name)])
    try log.append((1...4).map(entry))
    try log.sync()
  }

  private var bytes: [UInt8] {
    get throws { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
  }

  private func write(_ bytes: some Sequence<UInt8>) throws {
    try folder.write(String(decoding: Array(bytes), as: UTF8.self), to: "audit")
  }

  private func lines() throws -> [String] {
    String(decoding: try bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func `a turned bit breaks the chain, and the log is not gone on with as if it were whole`()
    throws
  {
    var mutator = Mutator(seed: 43)
    try written()
    let sound = try bytes
    let head = try AuditReader.verify(path).head
    for _ in Mutator.rounds(400) {
      var turned = sound
      turned[mutator.number(0...turned.count - 1)] ^= 1 << UInt8(mutator.number(0...7))
      try Data(turned).write(to: URL(fileURLWithPath: path))
      let summary = try AuditReader.verify(path, expecting: head)
      #expect(summary.firstBreak != nil || !summary.hasExpected)
      do {
        try opened().append([entry(9)])
      } catch {
        #expect((error as? KeySourceError)?.kind == .cannotWrite)
      }
      let after = try AuditReader.verify(path)
      #expect(after.firstBreak != nil || turned.last != 0x0A)
    }
  }

  @Test func `a line says when, what, which key and which jobs`() throws {
    let log = try opened()
    try log.append([
      .attempts(
        key: Self.name,
        account: "ma\"in",
        outcome: "completed",
        jobs: [19, 3, 0, 1, 2, 4, 19, 21]
      )
    ])
    let zeros = String(repeating: "0", count: 64)
    let line = try #require(try lines().first)
    #expect(
      line.hasPrefix(
        #"{"seq":1,"at":"2026-11-23T10:00:00.000Z","event":"attempts","account":"ma\"in","#
          + #""key":"keystore:main","version":"3","fingerprint":"0a1b2c3d","outcome":"completed","#
          + #""count":8,"jobs":"0-4,19,21","prev":"\#(zeros)","hash":""#
      )
    )
    #expect(try folder.mode(of: "audit") == 0o600)
    let record = try #require(AuditRecord(Array(line.utf8)[...]))
    #expect(record["account"] == "ma\"in" && record["seq"] == "1" && record["detail"] == nil)
  }

  @Test func `what is appended verifies, here and in Python`() throws {
    try written()
    let summary = try AuditReader.verify(path)
    #expect(summary.entries == 5 && summary.firstBreak == nil && summary.unfinished == 0)
    #expect(summary.first == "2026-11-23T10:00:00.000Z" && summary.last == summary.first)
    let script = """
      import hashlib, json, sys
      head = "0" * 64
      for number, line in enumerate(open(sys.argv[1], "rb"), 1):
          entry = json.loads(line)
          covered = line.rstrip(b"\\n")[:-75] + b"}"
          assert entry["seq"] == number and entry["prev"] == head, number
          assert entry["hash"] == hashlib.sha256(covered).hexdigest(), number
          head = entry["hash"]
      print(number, "entries, head", head)
      """
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    python.arguments = ["python3", "-c", script, path]
    let output = Pipe()
    python.standardOutput = output
    try python.run()
    let said = output.fileHandleForReading.readDataToEndOfFile()
    python.waitUntilExit()
    #expect(String(decoding: said, as: UTF8.self) == "5 entries, head \(summary.head)\n")
  }

  @Test func `no changed byte goes unnoticed`() throws {
    try written()
    let good = try bytes
    var line = 1
    for index in good.indices {
      var changed = good
      changed[index] ^= 1
      try write(changed)
      let summary = try AuditReader.verify(path)
      let isLast = index == good.count - 1
      #expect(
        isLast ? summary.unfinished > 0 && summary.entries == 4 : summary.firstBreak?.line == line,
        "byte \(index)"
      )
      if good[index] == 0x0A { line += 1 }
    }
  }

  @Test func `dropped, doubled and exchanged lines break the chain where they stand`() throws {
    try written()
    let good = try lines()
    let cases: [([Int], Int)] = [([1, 2, 3, 4], 1), ([0, 1, 3, 4], 3), ([0, 1, 1, 2, 3, 4], 3)]
    for (order, line) in cases + [([0, 2, 1, 3, 4], 2)] {
      try write(order.flatMap { Array((good[$0] + "\n").utf8) })
      #expect(try AuditReader.verify(path).firstBreak?.line == line, "\(order)")
    }
  }

  @Test func `a cut or rewritten log lacks the head that was noted`() throws {
    try written()
    let head = try AuditReader.verify(path).head
    #expect(try AuditReader.verify(path, expecting: head).hasExpected)
    try opened().append([entry(5)])
    #expect(try AuditReader.verify(path, expecting: head).hasExpected)
    try write(try lines().dropLast(2).flatMap { Array(($0 + "\n").utf8) })
    let cut = try AuditReader.verify(path, expecting: head)
    #expect(cut.firstBreak == nil && !cut.hasExpected)
  }

  @Test(arguments: [1, 40, 250])
  func `a line torn by a crash is cut off, and the log says so`(left: Int) throws {
    try written()
    let whole = try bytes
    try write(whole + whole.prefix(left))
    #expect(try AuditReader.verify(path).unfinished == left)
    try opened().append([entry(9)])
    let summary = try AuditReader.verify(path)
    #expect(summary.entries == 7 && summary.firstBreak == nil && summary.unfinished == 0)
    #expect(try lines()[5].contains("cut off \(left) bytes"))
  }

  @Test(arguments: [(whole: 3, left: 0), (whole: 3, left: 1), (whole: 4, left: 20)])
  func `lines from the first on that a power cut left a hole in are cut off`(
    whole count: Int,
    left: Int
  ) throws {
    try written()
    let whole = try bytes
    let start = try lines().prefix(count).reduce(left) { $0 + $1.utf8.count + 1 }
    let hole = start..<start + 50
    try write(
      whole.prefix(hole.lowerBound) + hole.map { _ in 0 } + whole.dropFirst(hole.upperBound)
    )
    try opened().append([entry(9)])
    let summary = try AuditReader.verify(path)
    #expect(summary.entries == count + 2 && summary.firstBreak == nil)
    #expect(try lines().dropLast().last?.contains("cut off ") == true)
  }

  @Test func `a log that holds nothing but a torn line starts anew`() throws {
    try write(Array("{\"seq\":1".utf8))
    try opened().append([entry(1)])
    #expect(try AuditReader.verify(path).entries == 2)
  }

  @Test func `a log whose last line was changed is not continued`() throws {
    try written()
    var changed = try bytes
    changed[changed.count - 300] ^= 1
    try write(changed)
    let error = #expect(throws: KeySourceError.self) { try opened() }
    #expect(error?.exitCode == 73)
    #expect(error?.description.contains("move the file away") == true)
  }

  @Test func `opening reads the tail only`() throws {
    try written()
    try write(try lines().dropFirst(3).flatMap { Array(($0 + "\n").utf8) })
    try opened().append([entry(9)])
    #expect(try lines().last?.hasPrefix("{\"seq\":6,") == true)
    #expect(try AuditReader.verify(path).firstBreak?.line == 1)
  }

  @Test func `many writers at the same time make one chain`() async throws {
    let path = path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask {
          let log = try AuditLog(path)
          for number in 0..<50 {
            try log.append([
              .attempts(
                key: Self.name,
                account: "\(writer)",
                outcome: "completed",
                jobs: Array(number..<(number + writer))
              ), .key(.parked, account: "\(writer)"),
            ])
          }
        }
      }
      try await group.waitForAll()
    }
    let summary = try AuditReader.verify(path)
    #expect(summary.entries == 800 && summary.firstBreak == nil)
  }

  @Test func `links and files open to others are refused`() throws {
    try written()
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let open = #expect(throws: KeySourceError.self) { try opened() }
    #expect(open?.description.contains("chmod 600") == true)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(
      atPath: path,
      withDestinationPath: folder.path + "/elsewhere"
    )
    #expect(throws: KeySourceError.self) { try opened() }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/elsewhere"))
  }

  @Test func `a removed log is noticed`() throws {
    let log = try opened()
    try FileManager.default.removeItem(atPath: path)
    let error = #expect(throws: KeySourceError.self) { try log.append([entry(1)]) }
    #expect(error?.description.contains("was removed") == true)
  }

  @Test func `a long detail is cut, and stays one line`() throws {
    try opened().append([.key(.parked, detail: String(repeating: "\n\u{e9}", count: 5000))])
    #expect(try lines().count == 1)
    #expect(try bytes.count < 8000)
    #expect(try AuditReader.verify(path).entries == 1)
  }
}
