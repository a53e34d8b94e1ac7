import Runner
import TestSupport
import Testing

@Suite struct `Endpoints of an account` {
  private let start = ContinuousClock.now

  private struct Unexpected: Error {
    let choice: EndpointBalancer.Choice
  }

  /// Chooses an endpoint where there must be one.
  private func place(
    _ balancer: inout EndpointBalancer,
    prefix: UInt64? = nil,
    tokens: Double = 10,
    at now: ContinuousClock.Instant? = nil,
    random: Double = 0
  ) throws -> EndpointBalancer.Place {
    let choice = balancer.choose(
      prefix: prefix,
      tokens: tokens,
      at: now ?? start,
      random: random
    )
    guard case .place(let place) = choice else { throw Unexpected(choice: choice) }
    return place
  }

  /// Fails requests until an endpoint is down; those that others get are answered.
  private func bringDown(
    _ endpoint: Int,
    of balancer: inout EndpointBalancer,
    at now: ContinuousClock.Instant
  ) throws {
    var generator = SeededGenerator(seed: 7)
    for job in 0..<1_000 where balancer.admission(of: endpoint, at: now) == .open {
      let random = Double.random(in: 0..<1, using: &generator)
      let place = try place(&balancer, at: now, random: random)
      if place.endpoint == endpoint {
        _ = balancer.failed(place, unreachable(job), at: now, random: 1)
      } else {
        balancer.succeeded(place, at: now)
      }
    }
    #expect(balancer.admission(of: endpoint, at: now) != .open)
  }

  @Test(arguments: [2, 3, 8, 16])
  func `have about the same tokens in flight`(_ count: Int) throws {
    for seed in 0..<5 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var balancer = EndpointBalancer(count: count)
      var running: [EndpointBalancer.Place] = []
      var sent = Array(repeating: 0.0, count: count)
      for _ in 0..<2_000 {
        let tokens = Double(Int.random(in: 100...2_000, using: &generator))
        let random = Double.random(in: 0..<1, using: &generator)
        let place = try place(&balancer, tokens: tokens, random: random)
        sent[place.endpoint] += tokens
        running.append(place)
        guard running.count > 20 * count else { continue }
        let ended = running.remove(at: Int.random(in: running.indices, using: &generator))
        balancer.succeeded(ended, at: start)
        let loads = (0..<count).map { balancer.load(of: $0) }
        let mean = loads.reduce(0, +) / Double(count)
        #expect(loads.allSatisfy { $0 < 1.5 * mean })
      }
      let mean = sent.reduce(0, +) / Double(count)
      #expect(sent.allSatisfy { abs($0 - mean) < 0.25 * mean })
      for place in running { balancer.succeeded(place, at: start) }
      #expect(balancer.inFlight == 0)
      #expect((0..<count).allSatisfy { balancer.load(of: $0) == 0 })
    }
  }

  @Test func `a slow one gets less`() throws {
    var generator = SeededGenerator(seed: 1)
    var balancer = EndpointBalancer(count: 2)
    var running: [(place: EndpointBalancer.Place, endsAt: Int)] = []
    var sent = [0, 0]
    for time in 0..<6_000 {
      for (place, _) in running.filter({ $0.endsAt <= time }) {
        balancer.succeeded(place, at: start)
      }
      running.removeAll { $0.endsAt <= time }
      let random = Double.random(in: 0..<1, using: &generator)
      let place = try place(&balancer, random: random)
      sent[place.endpoint] += 1
      running.append((place, time + (place.endpoint == 0 ? 300 : 100)))
    }
    #expect((2.8...3.2).contains(Double(sent[1]) / Double(sent[0])))
  }

  @Test(arguments: [2, 4, 8])
  func `requests that begin alike stay together, within the slack`(_ count: Int) throws {
    var generator = SeededGenerator(seed: 3)
    let prefixes = (0..<200).map { _ in UInt64.random(in: 0...UInt64.max, using: &generator) }
    var balancer = EndpointBalancer(count: count)
    var running: [EndpointBalancer.Place] = []
    var homes: [UInt64: [Int: Int]] = [:]
    for _ in 0..<6_000 {
      let prefix = prefixes[Int.random(in: prefixes.indices, using: &generator)]
      let random = Double.random(in: 0..<1, using: &generator)
      let place = try place(&balancer, prefix: prefix, random: random)
      homes[prefix, default: [:]][place.endpoint, default: 0] += 1
      running.append(place)
      guard running.count > 200 else { continue }
      let ended = running.remove(at: Int.random(in: running.indices, using: &generator))
      balancer.succeeded(ended, at: start)
      let loads = (0..<count).map { balancer.load(of: $0) }
      // The slack lets a few run above their fair share.
      #expect((loads.max() ?? 0) <= 1.8 * 2_000 / Double(count) + 20)
    }
    let stayed = homes.values.reduce(0) { $0 + ($1.values.max() ?? 0) }
    #expect(Double(stayed) / 6_000 > 0.75)
  }

  @Test func `one prefix alone does not keep the others idle`() throws {
    var balancer = EndpointBalancer(count: 2)
    for _ in 0..<100 { _ = try place(&balancer, prefix: 42) }
    let loads = [balancer.load(of: 0), balancer.load(of: 1)].sorted()
    #expect(loads[1] <= 1.25 * loads[0] + 20)
  }

  @Test func `only what an endpoint had moves when it goes`() throws {
    var healthy = EndpointBalancer(count: 4)
    var reduced = EndpointBalancer(count: 4)
    try bringDown(2, of: &reduced, at: start)
    for prefix in UInt64(0)..<500 {
      let before = try place(&healthy, prefix: prefix)
      let after = try place(&reduced, prefix: prefix)
      #expect(after.endpoint != 2)
      if before.endpoint != 2 { #expect(after.endpoint == before.endpoint) }
      healthy.cancelled(before, at: start)
      reduced.cancelled(after, at: start)
    }
  }

  @Test func `the last healthy one is never ejected, whatever happens`() throws {
    for seed in 0..<100 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var balancer = EndpointBalancer(count: 3)
      var running: [EndpointBalancer.Place] = []
      var now = start
      let faults = (0..<3).map { _ in Double.random(in: 0...1, using: &generator) }
      for job in 0..<300 {
        now += .milliseconds(Int.random(in: 0...400, using: &generator))
        let random = Double.random(in: 0..<1, using: &generator)
        let choice = balancer.choose(prefix: nil, tokens: 1, at: now, random: random)
        switch choice {
        case .place(let place):
          running.append(place)
        case .wait(let until):
          #expect(balancer.down == 3)
          #expect(until <= now + .seconds(8))
        }
        while running.count > 5, let ended = running.popLast() {
          let isFault = Double.random(in: 0..<1, using: &generator) < faults[ended.endpoint]
          if isFault {
            _ = balancer.failed(ended, unreachable(job), at: now, random: random)
          } else {
            balancer.succeeded(ended, at: now)
          }
        }
        let soonest = (0..<3).compactMap { wait(balancer, $0, at: now) }.min() ?? 0
        #expect(soonest <= 8)
      }
    }
  }

  /// Seconds until an endpoint takes a request.
  private func wait(
    _ balancer: EndpointBalancer,
    _ endpoint: Int,
    at now: ContinuousClock.Instant
  ) -> Double? {
    guard case .closed(let until) = balancer.admission(of: endpoint, at: now) else { return 0 }
    return (until - now).seconds
  }

  @Test func `an ejected one gets one request when its time has come`() throws {
    var balancer = EndpointBalancer(count: 2)
    try bringDown(0, of: &balancer, at: start)
    for _ in 0..<20 { #expect(try place(&balancer, at: start + .seconds(29)).endpoint == 1) }
    let back = start + .seconds(30)
    let probe = try place(&balancer, at: back)
    #expect(probe.endpoint == 0 && probe.isProbe)
    #expect(try place(&balancer, at: back).endpoint == 1)
    balancer.succeeded(probe, at: back)
    #expect(try place(&balancer, at: back).endpoint == 0)
  }

  @Test func `wait for the first probe when all are down`() throws {
    var balancer = EndpointBalancer(count: 2)
    try bringDown(0, of: &balancer, at: start)
    try bringDown(1, of: &balancer, at: start)
    #expect(balancer.down == 2)
    let choice = balancer.choose(prefix: 1, tokens: 1, at: start, random: 0)
    #expect(choice == .wait(until: start + .seconds(1)))
    #expect(try place(&balancer, at: start + .seconds(1)).isProbe)
  }

  @Test func `a second request can be kept away from where the first is`() {
    var balancer = EndpointBalancer(count: 3)
    for prefix in UInt64(0)..<100 {
      let choice = balancer.choose(
        prefix: prefix,
        tokens: 1,
        avoiding: 1,
        at: start,
        random: Double(prefix) / 100
      )
      guard case .place(let place) = choice else {
        Issue.record("nowhere to go")
        return
      }
      #expect(place.endpoint != 1)
    }
  }

  private func unreachable(_ job: Int) -> EndpointFailure {
    EndpointFailure(job: job, cause: .overload, answered: false, isAboutRequest: false)
  }
}
