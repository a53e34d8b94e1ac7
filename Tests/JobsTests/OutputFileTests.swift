import Foundation
import Glibc
import Jobs
import Testing

@Suite struct `An output file` {
  private struct Trouble: Error {}

  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("out.jsonl")
  }

  @Test func `grows at its end and is cut where it is told`() async throws {
    try folder.write("one\n", to: "out.jsonl")
    let file = try OutputFile(path: path)
    try await file.append([OutputLine(Array("two".utf8))])
    #expect(try file.size() == 8)
    #expect(try await file.read(at: 2, count: 4) == Array("e\ntw".utf8))
    #expect(try await file.read(at: 6, count: 99) == Array("o\n".utf8))
    #expect(try await file.read(at: 8, count: 1).isEmpty)
    try await file.truncate(to: 2)
    try await file.append([OutputLine(Array("ly".utf8))])
    try await file.sync()
    #expect(try folder.read("out.jsonl") == "only\n")
  }

  @Test func `takes long lines and short ones in their order`() async throws {
    let sizes = [3, 3 << 20, 0, 1 << 19, 1 << 19, 1 << 20, 7]
    let lines = sizes.map { [UInt8](repeating: UInt8(ascii: "a") + UInt8($0 % 23), count: $0) }
    let file = try OutputFile(path: path)
    try await file.append(lines.map { OutputLine($0) })
    let expected = lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    #expect(try await file.read(at: 0, count: expected.count + 1) == expected)
  }

  @Test func `of another user is told as such, with what to do`() {
    let error = StoreError(owner: 0, mode: 0o100_600, doing: "cannot open the batch file", at: path)
    #expect(error.code == .notWritable)
    #expect(error.message == "cannot open the batch file: it belongs to root (mode 600)")
    #expect(error.next.contains("chown") && error.next.contains("paid for again"))
    let other = StoreError(owner: 1_000, mode: 0o600, doing: "cannot write", at: path)
    #expect(other.message.contains("user 1000"))
  }

  @Test func `is nobody else's to read`() throws {
    _ = try OutputFile(path: path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect((mode as? NSNumber)?.intValue == 0o600)
  }

  @Test func `is replaced only by a whole one`() async throws {
    try folder.write("old", to: "out.jsonl")
    await #expect(throws: Trouble.self) {
      try await OutputFile.replacing(path) { file in
        try await file.append([OutputLine(Array("half of the ne".utf8))])
        throw Trouble()
      }
    }
    #expect(try folder.read("out.jsonl") == "old")
    #expect(try folder.names == ["out.jsonl"])
    try await OutputFile.replacing(path) { try await $0.append([OutputLine(Array("new".utf8))]) }
    #expect(try folder.read("out.jsonl") == "new\n")
    #expect(try folder.names == ["out.jsonl"])
  }

  @Test func `that is replaced may be new`() async throws {
    try await OutputFile.replacing(path) { try await $0.append([OutputLine(Array("new".utf8))]) }
    #expect(try folder.read("out.jsonl") == "new\n")
  }

  @Test func `says that the disk is full`() async throws {
    let device = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(device) }
    let full = try OutputFile(stream: device)
    let error = await #expect(throws: StoreError.self) {
      try await full.append([OutputLine([1, 2, 3])])
    }
    #expect(error?.code == .diskFull)
    #expect(error?.place == "file descriptor \(device)")
  }

  @Test func `says that nobody reads a pipe any more`() {
    #expect(StoreError(errno: EPIPE, doing: "cannot write", at: "-").code == .readerGone)
  }

  @Test func `is a regular file, and nothing that has only its name`() throws {
    try folder.write("notes", to: "notes")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "notes")
    #expect(unsafe mkfifo(folder.file("pipe"), 0o600) == 0)
    for (name, what) in [
      (path, "a symbolic link"), (folder.file("pipe"), "a named pipe"), (folder.path, "a folder"),
      ("/dev/full", "a device"),
    ] {
      let error = #expect(throws: StoreError.self) { try OutputFile(path: name) }
      #expect(error?.code == .notWritable && error?.place == name)
      #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
      #expect(error?.next.isEmpty == false)
    }
    #expect(try folder.read("notes") == "notes")
  }

  @Test func `that must be new is not put over one that came up meanwhile`() async throws {
    await #expect(throws: StoreError.self) {
      try await OutputFile.replacing(path, overwrites: false) { file in
        try await file.append([OutputLine(Array("new".utf8))])
        try folder.write("somebody else's", to: "out.jsonl")
      }
    }
    #expect(try folder.read("out.jsonl") == "somebody else's")
    #expect(try folder.names == ["out.jsonl"])
  }

  @Test(arguments: [
    ("-", 1), ("/dev/stdout", 1), ("/dev/stderr", 2), ("/dev/fd/63", 63), ("/proc/self/fd/1", 1),
    ("/dev/fd/x", nil), ("/dev/fd/-1", nil), ("out.jsonl", nil), ("./-", nil), ("", nil),
  ])
  func `is told from a stream by its name`(_ name: String, _ stream: Int32?) {
    #expect(OutputFile.stream(named: name) == stream)
  }

  @Test(arguments: ["none/out.jsonl", "."])
  func `needs a place that can be written`(_ name: String) {
    #expect { try OutputFile(path: folder.file(name)) } throws: {
      ($0 as? StoreError)?.code == .notWritable
    }
  }
}
