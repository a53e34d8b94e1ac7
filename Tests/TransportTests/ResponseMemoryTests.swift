import TestSupport
import Testing
import Transport

@Suite struct `The memory of responses` {
  private let large = 100 << 10

  /// Asks one after another whether bodies may grow to a size.
  private func grown(
    _ memory: inout ResponseMemory,
    _ transfers: [UInt64],
    to size: Int
  ) -> [UInt64] {
    transfers.filter { memory.mayGrow($0, to: size) }
  }

  @Test func `does not count small bodies`() {
    var memory = ResponseMemory(limit: 0)
    let some = Array(1...100 as ClosedRange<UInt64>)
    let small = grown(&memory, some, to: ResponseMemory.small)
    #expect(small == some)
    #expect(!some.contains(where: memory.holds))
  }

  @Test func `lets the oldest grow beyond any limit, and others wait`() {
    var memory = ResponseMemory(limit: large)
    let first = grown(&memory, [1, 2], to: large)
    #expect(first == [1])
    #expect(memory.isWaiting(2))
    let beyond = grown(&memory, [1], to: 50 * large)
    #expect(beyond == [1])
    let early = memory.end(1)
    #expect(early == [2])
    let held = grown(&memory, [2], to: large)
    #expect(held.isEmpty, "the first is still held whole")
    let retry = memory.release(1)
    #expect(retry == [2])
    let second = grown(&memory, [2], to: 50 * large)
    #expect(second == [2])
  }

  @Test func `makes room when a body is let go`() {
    var memory = ResponseMemory(limit: 3 * large)
    let fitting = grown(&memory, [1, 2, 3, 4, 5], to: large)
    #expect(fitting == [1, 2, 3])
    let retry = memory.end(3)
    #expect(retry == [4, 5])
    let none = grown(&memory, retry, to: large)
    #expect(none.isEmpty)
    let again = memory.release(3)
    #expect(again == [4, 5])
    let next = grown(&memory, again, to: large)
    #expect(next == [4])
  }

  @Test func `never makes all wait, and ends empty, in any order`() throws {
    for seed in 0..<1_000 as Range<UInt64> {
      var dice = SeededGenerator(seed: seed)
      var memory = ResponseMemory(limit: 3 * large)
      var open = Array(1...20 as ClosedRange<UInt64>)
      var sizes: [UInt64: Int] = [:]
      var held: [UInt64] = []
      while !open.isEmpty {
        // The oldest never waits for more than that the others end, and are let go.
        let ready = open.filter { !memory.isWaiting($0) }
        guard !ready.isEmpty else {
          let body = try #require(held.last, "seed \(seed)")
          _ = memory.release(body)
          held.removeLast()
          continue
        }
        let transfer = try #require(ready.randomElement(using: &dice), "seed \(seed)")
        let size = (sizes[transfer] ?? 0) + Int.random(in: 1...large, using: &dice)
        guard memory.mayGrow(transfer, to: size) else { continue }
        sizes[transfer] = size
        guard dice.once(in: 4) else { continue }
        open.removeAll { $0 == transfer }
        _ = memory.end(transfer)
        if memory.holds(transfer) { held.append(transfer) }
      }
      for body in held { _ = memory.release(body) }
      let all = grown(&memory, [98, 99], to: 3 * large / 2)
      #expect(all == [98, 99], "seed \(seed)")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `makes servers wait, and every answer still arrives whole`() async throws {
    let body = String(repeating: "0123456789abcdef", count: 40_000)
    let server = try RawServer { $0.answerAll(body) }
    defer { server.stop() }
    let configuration = CurlTransport.Configuration(responseMemory: 1 << 20)
    try await withTransport(configuration) { transport in
      await withTaskGroup(of: String?.self) { group in
        for _ in 0..<20 {
          group.addTask { try? await transport.send(.get(server.url)).text }
        }
        for await text in group { #expect(text == body) }
      }
    }
  }
}
