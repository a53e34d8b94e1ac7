import JSON
import Jobs
import Runner
import TestSupport
import Testing

/// Good lines with damaged ones between them, read as a worker reads them.
@Suite struct `Line reader fuzz` {
  @Test(arguments: [false, true])
  func `loses no good line among bad ones`(_ keepsLines: Bool) throws {
    var mutator = Mutator(seed: keepsLines ? 5 : 4)
    for round in Mutator.rounds(100) {
      let input = MixedInput(round, &mutator)
      var reading = Reading(keepsLines: keepsLines)
      reading.read(input.bytes, cutAt: mutator.cuts(of: input.bytes.count, atMost: 9))
      try expectEachOnce(reading, input)
    }
  }

  @Test(arguments: [false, true])
  func `gives the same jobs however the input is cut`(_ keepsLines: Bool) throws {
    var mutator = Mutator(seed: keepsLines ? 7 : 6)
    for round in Mutator.rounds(80) {
      let samples = MixedInput(round, &mutator).bytes
      let bytes = mutator.damaged(samples, with: [samples], changes: 0...6)
      let longest = mutator.one(of: [40, 150, .max])
      var whole = Reading(keepsLines: keepsLines, longest: longest)
      whole.read(bytes, cutAt: [])
      var cut = Reading(keepsLines: keepsLines, longest: longest)
      cut.read(bytes, cutAt: mutator.cuts(of: bytes.count, atMost: 30))
      #expect(cut.jobs == whole.jobs && cut.failures == whole.failures, "round \(round)")
      #expect(cut.drafts.map(\.source) == whole.drafts.map(\.source), "round \(round)")
      try expectCount(whole, bytes, longest)
    }
  }

  @Test func `goes on where it stopped, with lines added`() throws {
    var mutator = Mutator(seed: 8)
    for round in Mutator.rounds(100) {
      let input = MixedInput(round, &mutator)
      let end = input.lines[mutator.number(0...input.lines.count - 1)].offset
      var first = Reading(keepsLines: false)
      first.read(Array(input.bytes[..<end]), cutAt: [])
      var second = Reading(keepsLines: false)
      let rest = second.restore(first)
      second.read(input.bytes, from: rest.offset, line: rest.line, cutAt: [])
      try expectEachOnce(first + second, input)
    }
  }

  @Test func `queues nothing twice and loses nothing when a pipe comes again, longer`() throws {
    var mutator = Mutator(seed: 9)
    for round in Mutator.rounds(100) {
      let input = MixedInput(round, &mutator, repeatsBadLines: false)
      let end = input.lines[mutator.number(0...input.lines.count - 1)].offset
      var first = Reading(keepsLines: true)
      first.read(Array(input.bytes[..<end]), cutAt: mutator.cuts(of: end, atMost: 3))
      var second = Reading(keepsLines: true)
      second.intake.skipsKnown = true
      _ = second.restore(first)
      second.read(input.bytes, cutAt: mutator.cuts(of: input.bytes.count, atMost: 3))
      try expectEachOnce(first + second, input)
    }
  }

  @Test func `a payload is the bytes of its line, or there is none`() throws {
    var mutator = Mutator(seed: 10)
    let settings = PromptSettings(model: "m")
    var payloads = 0
    for round in Mutator.rounds(1_000) {
      let line = MixedInput.damagedLine(round, &mutator)[...]
      do throws(InputLineError) {
        let parsed = try parseLine(line)
        #expect((1...InputLine.idLimit).contains(parsed.id.utf8.count))
        guard case .native(_, let body) = try payload(of: line, settings) else {
          continue
        }
        payloads += 1
        #expect(body == line[body.indices] && body.first == UInt8(ascii: "{"))
        #expect((try? JSONValue(parsing: Array(body)))?.kind == .object)
      } catch {
        #expect(PlainWords.fault(in: error.message) == nil, "\(error.message)")
      }
    }
    #expect(payloads > 50)
  }

  // MARK: - What must hold

  /// Each good line is one job with its bytes and place; each bad one a failed job that names it.
  private func expectEachOnce(_ reading: Reading, _ input: MixedInput) throws {
    var expected: [Reading.FoundJob] = []
    var places: [String] = []
    for (index, line) in input.lines.enumerated() where line.kind != .blank {
      let job = expected.count + places.count
      if line.kind == .good {
        let offset = reading.keepsLines ? nil : line.offset
        expected.append(.init(job: job, line: index + 1, offset: offset, text: line.text))
      } else {
        places.append("\(job) in.jsonl:\(index + 1): ")
      }
    }
    #expect(reading.jobs == expected, "round \(input.round)")
    let told = reading.failures.map { "\($0.job) \($0.message)" }
    #expect(told.count == places.count, "round \(input.round)")
    for (message, place) in zip(told, places) {
      #expect(message.hasPrefix(place), "round \(input.round)")
      #expect(PlainWords.fault(in: message) == nil, "\(message)")
    }
  }

  /// Jobs and failures are numbered without a gap, and are as many as there are lines.
  private func expectCount(_ reading: Reading, _ bytes: [UInt8], _ longest: Int) throws {
    let white = [0x20] + Array(UInt8(0x09)...0x0D)
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let last = lines.removeLast()
    let isJob = { (line: ArraySlice<UInt8>, length: Int) in
      length > longest || !line.allSatisfy(white.contains)
    }
    let count =
      lines.count { isJob($0, $0.count + 1) } + (isJob(last, last.count) ? 1 : 0)
    let numbers = reading.jobs.map(\.job) + reading.failures.map(\.job)
    #expect(numbers.sorted() == Array(0..<count))
  }
}
