import Foundation
import Jobs
import Testing

@Suite struct `An input file` {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func `is read by position`() async throws {
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let file = try InputFile(path: folder.write(bytes, to: "in"))
    for (offset, count) in [(0, 10), (199_990, 10), (70_000, 100_000), (5, 0)] {
      #expect(
        try await file.read(at: offset, count: count) == Array(bytes[offset..<offset + count])
      )
    }
    #expect(try await file.read(at: 199_995, count: 99) == Array(bytes[199_995...]))
    #expect(try await file.read(at: 300_000, count: 9).isEmpty)
  }

  @Test func `is told from its later versions`() throws {
    let file = try InputFile(path: folder.write("one", to: "in"))
    let before = try file.identity()
    #expect(before.size == 3)
    #expect(try file.identity() == before)
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file.path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("two".utf8))
    try handle.close()
    let after = try file.identity()
    #expect(after != before)
    #expect(after.size == 6 && after.inode == before.inode)
  }

  @Test func `that is a pipe or a device is named, since it cannot be read twice`() {
    let pipe = Pipe()
    let name = "/proc/self/fd/\(pipe.fileHandleForReading.fileDescriptor)"
    for (path, kind) in [(name, "a pipe"), ("/dev/zero", "a device")] {
      let error = #expect(throws: StoreError.self) { try InputFile(path: path) }
      #expect(error?.message == "the input is \(kind), not a file")
      #expect(error?.next.contains("nightjar run -") == true)
    }
  }

  @Test func `that is piped in gives what is there until its end`() async throws {
    let pipe = Pipe()
    let file = InputFile(pipe: pipe.fileHandleForReading.fileDescriptor)
    try pipe.fileHandleForWriting.write(contentsOf: Data("first".utf8))
    #expect(try await file.readNext(count: 3) == Array("fir".utf8))
    #expect(try await file.readNext(count: 99) == Array("st".utf8))
    try pipe.fileHandleForWriting.write(contentsOf: Data("second".utf8))
    try pipe.fileHandleForWriting.close()
    #expect(try await file.readNext(count: 99) == Array("second".utf8))
    #expect(try await file.readNext(count: 99).isEmpty)
  }

  @Test func `that is not there is named`() {
    let error = #expect(throws: StoreError.self) { try InputFile(path: folder.file("none")) }
    #expect(error?.code == .inputMissing)
    #expect(error?.place == folder.file("none"))
  }

  @Test func `that is a folder cannot be read`() async throws {
    let file = try InputFile(path: folder.path)
    let error = await #expect(throws: StoreError.self) { try await file.read(at: 0, count: 1) }
    #expect(error?.code == .inputMissing)
  }
}
