import Jobs
import Runner
import Testing

@Suite struct `Export repair` {
  /// A store's results: the lines of one file and, empty, those of the other.
  private static let results = ["{\"a\":1}\n", "", "{\"b\":22}\n", "{\"c\"}\n", "", "{}\n", ""]
    .map { Array($0.utf8) }
  private static let whole = results.flatMap { $0 }

  /// Every place at which the store may have noted the file as durable.
  private static var positions: [ExportPosition?] {
    var positions: [ExportPosition?] = [nil]
    var offset = 0
    for (index, line) in results.enumerated() {
      offset += line.count
      let position = ExportPosition(state: .completed, offset: offset, sequence: index + 1)
      positions.append(position)
    }
    return positions
  }

  /// Repairs a file as the exporter does; also says which bytes were never touched.
  private func repaired(_ file: [UInt8], _ recorded: ExportPosition?) -> (
    file: [UInt8], kept: Int, end: ExportPosition
  ) {
    var file = file
    var kept = file.count
    var repair = ExportRepair(size: file.count, recorded: recorded)
    while repair.sequence < Self.results.count {
      let line = Self.results[repair.sequence]
      let present = repair.isComparing ? file.dropFirst(repair.offset).prefix(line.count) : []
      switch repair.next(line: line, sequence: repair.sequence + 1, present: Array(present)) {
      case .keep: break
      case .write(let cut):
        if let cut {
          kept = min(kept, cut)
          file.removeSubrange(cut...)
        }
        file += line
      }
    }
    if repair.isComparing, repair.offset < file.count {
      kept = min(kept, repair.offset)
      file.removeSubrange(repair.offset...)
    }
    let end = ExportPosition(state: .completed, offset: repair.offset, sequence: repair.sequence)
    return (file, kept, end)
  }

  @Test func `makes a file that was cut at any byte equal to the store`() {
    for cut in 0...Self.whole.count {
      for recorded in Self.positions {
        let torn = Array(Self.whole[..<cut])
        let (file, kept, end) = repaired(torn, recorded)
        #expect(file == Self.whole, "cut at \(cut), recorded at \(recorded?.offset ?? -1)")
        #expect(end.offset == Self.whole.count && end.sequence == Self.results.count)
        #expect(kept >= wholeLines(in: torn))
      }
    }
  }

  private func wholeLines(in file: [UInt8]) -> Int {
    file.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
  }

  @Test func `cuts whatever foreign bytes follow what is recorded`() {
    for recorded in Self.positions {
      let durable = recorded?.offset ?? 0
      for cut in durable...Self.whole.count {
        for tail in ["x", "\n", "{\"a\":1}\n", String(repeating: "\0", count: 40)] {
          let (file, _, _) = repaired(Self.whole[..<cut] + Array(tail.utf8), recorded)
          #expect(file == Self.whole, "\(cut) bytes, then \(tail), recorded at \(durable)")
        }
      }
    }
  }

  @Test func `leaves a whole file alone`() {
    for recorded in Self.positions {
      let (file, kept, _) = repaired(Self.whole, recorded)
      #expect(file == Self.whole && kept == Self.whole.count)
    }
  }

  @Test func `writes a file again that is shorter than what was durable`() {
    let recorded = ExportPosition(state: .completed, offset: Self.whole.count, sequence: 6)
    for cut in 0..<Self.whole.count {
      let (file, kept, _) = repaired(Array(Self.whole[..<cut]), recorded)
      #expect(
        file == Self.whole && kept == wholeLines(in: Array(Self.whole[..<cut])) || kept == cut
      )
    }
  }
}

@Suite struct `Results files` {
  @Test func `are known up to the last result, also one that none of them is in`() async throws {
    let batch = try TestBatch(0..<20)
    try await batch.execute()
    let positions = try Batches.inspect(batch.files.batch).exportPositions()
    #expect(positions.map(\.state) == [.completed, .failed])
    #expect(positions.map(\.sequence) == [20, 20])
    #expect(positions.last?.offset == 0)
  }
}
