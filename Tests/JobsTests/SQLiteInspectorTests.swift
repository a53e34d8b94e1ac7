import Jobs
import Testing

@Suite struct `A look at a batch file` {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("batch.nightjar")
  }

  @Test func `needs a batch`() throws {
    #expect { try SQLiteInspector(path: path) } throws: {
      ($0 as? StoreError)?.code == .inputMissing
    }
    try folder.write(String(repeating: "text ", count: 200), to: "batch.nightjar")
    #expect { try SQLiteInspector(path: path) } throws: { ($0 as? StoreError)?.code == .damaged }
    #expect(try folder.names == ["batch.nightjar"])
  }
}
