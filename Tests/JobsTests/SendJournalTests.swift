import Jobs
import Testing

@Suite struct `A journal of sends` {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("batch-sent")
  }

  private var onTheirWay: Set<Int> { Set(SendJournal.record(at: path).jobs.keys) }

  @Test func `names the jobs that are on their way`() throws {
    let journal = try SendJournal(path: path, capacity: 3)
    #expect(journal.isClear)
    #expect(onTheirWay.isEmpty)
    let slot = try #require(journal.mark(0))
    _ = journal.mark(70_000)
    #expect(!journal.isClear)
    #expect(onTheirWay == [0, 70_000])
    journal.clear(slot)
    #expect(onTheirWay == [70_000])
  }

  @Test func `takes no more jobs than it has room for`() throws {
    let journal = try SendJournal(path: path, capacity: 2)
    let slots = (0..<3).map { journal.mark($0) }
    #expect(slots.map { $0 != nil } == [true, true, false])
    journal.clear(try #require(slots[1]))
    #expect(journal.mark(9) != nil)
    #expect(onTheirWay == [0, 9])
  }

  @Test func `uses every slot again and again`() throws {
    let journal = try SendJournal(path: path, capacity: 4)
    var held: [Int: Int] = [:]
    for job in 0..<1_000 {
      if held.count == 4, let (old, slot) = held.first {
        journal.clear(slot)
        held[old] = nil
      }
      let slot = try #require(journal.mark(job))
      held[job] = slot
      #expect(onTheirWay == Set(held.keys))
    }
    for slot in held.values { journal.clear(slot) }
    #expect(journal.isClear)
  }

  @Test func `remembers what each request and those without an answer may cost`() throws {
    let journal = try SendJournal(path: path, capacity: 3)
    let slot = try #require(journal.mark(4, worst: USD(nanos: 100)))
    _ = journal.mark(5, worst: USD(nanos: 20))
    journal.charge(USD(nanos: 100))
    journal.clear(slot)
    let record = SendJournal.record(at: path)
    #expect(record.jobs == [5: USD(nanos: 20)])
    #expect(record.unanswered == USD(nanos: 100))
  }

  @Test func `survives being let go of`() throws {
    do {
      let journal = try SendJournal(path: path, capacity: 2)
      _ = journal.mark(5)
    }
    #expect(onTheirWay == [5])
  }

  @Test func `begins empty`() throws {
    do { _ = try SendJournal(path: path, capacity: 9).mark(5) }
    let journal = try SendJournal(path: path, capacity: 1)
    #expect(onTheirWay.isEmpty)
    #expect(journal.isClear)
  }

  @Test func `forgets what others noted, and keeps its slots until they are cleared`() throws {
    let journal = try SendJournal(path: path, capacity: 1)
    let slot = try #require(journal.mark(5, worst: USD(nanos: 9)))
    journal.charge(USD(nanos: 3))
    journal.disown()
    #expect(SendJournal.record(at: path) == SendJournal.Record())
    #expect(!journal.isClear)
    #expect(journal.mark(6) == nil)
    journal.clear(slot)
    #expect(journal.mark(7) != nil)
    #expect(onTheirWay == [7])
  }

  @Test(arguments: ["", "short", String(repeating: "not a journal ", count: 20)])
  func `is not read out of another file`(_ text: String) throws {
    try folder.write(text, to: "batch-sent")
    #expect(onTheirWay.isEmpty)
  }

  @Test func `needs a folder`() {
    #expect { try SendJournal(path: folder.file("none/sent"), capacity: 1) } throws: {
      ($0 as? StoreError)?.code == .notWritable
    }
  }
}
