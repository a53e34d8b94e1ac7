import TestSupport
import Testing
import Transport

@Suite struct `The memory of responses` {
  private let large = 100 << 10

  @Test func `does not count small bodies`() {
    var memory = ResponseMemory(limit: 0)
    for transfer in 1...100 as ClosedRange<UInt64> {
      #expect(memory.mayGrow(transfer, to: ResponseMemory.small))
      #expect(!memory.holds(transfer))
    }
  }

  @Test func `lets the oldest grow beyond any limit, and others wait`() {
    var memory = ResponseMemory(limit: large)
    #expect(memory.mayGrow(1, to: large))
    #expect(!memory.mayGrow(2, to: large))
    #expect(memory.isWaiting(2))
    #expect(memory.mayGrow(1, to: 50 * large))
    #expect(memory.end(1) == [2])
    // Nobody older is still arriving, so it need not wait until the first is let go.
    #expect(memory.mayGrow(2, to: large))
    #expect(memory.end(2).isEmpty)
  }

  @Test func `makes room when a body is let go`() {
    var memory = ResponseMemory(limit: 2 * large)
    #expect(memory.mayGrow(1, to: large))
    #expect(memory.mayGrow(2, to: large))
    #expect(!memory.mayGrow(3, to: large))
    #expect(memory.end(2) == [3])
    #expect(!memory.mayGrow(3, to: large))
    #expect(memory.release(2) == [3])
    #expect(memory.mayGrow(3, to: large))
  }

  @Test func `never makes all wait, and ends empty, in any order`() throws {
    for seed in 0..<1_000 as Range<UInt64> {
      var dice = SeededGenerator(seed: seed)
      var memory = ResponseMemory(limit: 3 * large)
      var open = Array(1...20 as ClosedRange<UInt64>)
      var sizes: [UInt64: Int] = [:]
      var held: [UInt64] = []
      while !open.isEmpty {
        let ready = open.filter { !memory.isWaiting($0) }
        guard let transfer = ready.randomElement(using: &dice) else {
          // Only then may all wait: when those who hold what is whole still have to let go.
          _ = memory.release(try #require(held.popLast(), "seed \(seed)"))
          continue
        }
        let size = (sizes[transfer] ?? 0) + Int.random(in: 1...large, using: &dice)
        guard memory.mayGrow(transfer, to: size) else { continue }
        sizes[transfer] = size
        guard Int.random(in: 0..<4, using: &dice) == 0 else { continue }
        open.removeAll { $0 == transfer }
        _ = memory.end(transfer)
        if memory.holds(transfer) { held.append(transfer) }
      }
      for body in held { #expect(memory.release(body).isEmpty) }
      #expect(memory.mayGrow(99, to: 3 * large))
    }
  }

  @Test(.timeLimit(.minutes(1)))
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
