import Jobs
import Runner
import Testing

@Suite struct `A worker's stock of jobs` {
  private static let start = ContinuousClock.now
  private let first = SegmentLease(segment: 1, epoch: 1)
  private let second = SegmentLease(segment: 2, epoch: 1)

  private func segment(_ lease: SegmentLease, _ jobs: Range<Int>, priority: Int = 0)
    -> [(job: Job, retry: RetryableJob?)]
  {
    let lines = jobs.map { JobLine(number: $0, id: "\($0)", shape: RequestShape()) }
    return LoadedSegment(lease: lease, priority: priority, lines: lines).jobs().map { ($0, nil) }
  }

  private func stock(leaseOf length: Duration? = nil) -> JobStock {
    var stock = JobStock(
      lease: WorkerLease(length: length, at: Self.start),
      delayedLimit: 10
    )
    stock.add(segment(first, 0..<3), of: first, now: 0)
    return stock
  }

  private func next(_ stock: inout JobStock, after time: Duration = .zero) -> Job? {
    if case .job(let job) = stock.next(at: Self.start + time) { return job }
    return nil
  }

  private func receipt(_ lease: SegmentLease, _ count: Int, isClosed: Bool = false)
    -> FlushReceipt
  {
    var receipt = FlushReceipt()
    receipt.committed = [lease: count]
    if isClosed { receipt.closed = [lease.segment] }
    return receipt
  }

  @Test func `hands out nothing once its lease may have ended, until it is heard`() throws {
    var stock = stock(leaseOf: .seconds(60))
    let job = try #require(next(&stock, after: .seconds(49)))
    #expect(stock.mayStart(job, at: Self.start + .seconds(49)))
    #expect(!stock.mayStart(job, at: Self.start + .seconds(51)))
    #expect(next(&stock, after: .seconds(51)) == nil)
    stock.heard(Heartbeat(), asked: Self.start + .seconds(50))
    #expect(next(&stock, after: .seconds(99)) != nil)
    #expect(next(&stock, after: .seconds(101)) == nil)
  }

  @Test func `of an owner never waits to be heard`() {
    var stock = stock()
    #expect(next(&stock, after: .seconds(1_000_000)) != nil)
  }

  @Test func `hands out nothing while the batch is paused`() throws {
    var stock = stock()
    let job = try #require(next(&stock))
    stock.isPaused = true
    #expect(next(&stock) == nil)
    #expect(!stock.mayStart(job, at: Self.start))
    stock.giveBack(job)
    stock.isPaused = false
    #expect(next(&stock)?.number == job.number)
  }

  @Test func `drops what it held when others took it for dead`() throws {
    var stock = stock(leaseOf: .seconds(60))
    let job = try #require(next(&stock))
    let delayed = try #require(next(&stock))
    stock.queue.delay()
    var heartbeat = Heartbeat()
    heartbeat.isReborn = true
    stock.heard(heartbeat, asked: Self.start)
    #expect(!stock.mayStart(job, at: Self.start))
    stock.giveBack(job)
    stock.due(delayed)
    #expect(next(&stock) == nil)
    #expect(stock.leases.isEmpty)
    stock.queue.endSupply()
    #expect(stock.queue.isOver)
  }

  @Test func `lets go of jobs that somebody has set aside, wherever they are`() throws {
    var stock = stock()
    let running = try #require(next(&stock))
    var heartbeat = Heartbeat()
    heartbeat.setAside = [0, 1]
    stock.heard(heartbeat, asked: Self.start)
    #expect(!stock.mayStart(running, at: Self.start))
    #expect(next(&stock)?.number == 2)
    stock.giveBack(running)
    #expect(next(&stock) == nil)
    stock.progressed(receipt(first, 1))
    #expect(stock.takeExhausted() == [first])
  }

  @Test func `hands back a segment of which nothing is left here though it is open`() {
    var stock = stock()
    stock.add(segment(second, 3..<5), of: second, now: 0)
    stock.progressed(receipt(first, 2))
    #expect(stock.takeExhausted().isEmpty)
    stock.progressed(receipt(first, 1))
    stock.progressed(receipt(second, 2, isClosed: true))
    #expect(stock.takeExhausted() == [first])
    #expect(stock.leases.isEmpty)
  }

  @Test func `waits no longer than an hour for a time that another process noted`() {
    let job = RetryableJob(job: 1, attempts: 1, notBefore: 5_000_000, reason: "overloaded")
    #expect(job.wait(at: 4_999_000) == 1_000)
    #expect(job.wait(at: 5_000_000) == 0)
    #expect(job.wait(at: 6_000_000) == 0)
    #expect(job.wait(at: -900_000_000) == 3_600_000, "the clock was set back by days")
  }

  @Test func `puts jobs of a higher priority before others`() {
    var stock = stock()
    stock.add(segment(second, 3..<5, priority: 2), of: second, now: 0)
    let third = SegmentLease(segment: 3, epoch: 1)
    stock.add(segment(third, 5..<7, priority: 1), of: third, now: 0)
    let order = (0..<7).map { _ in next(&stock)?.number }
    #expect(order == [3, 4, 5, 6, 0, 1, 2])
  }

  @Test func `ranks a waiting request by priority before the order of the input`() {
    let urgent = segment(second, 900..<901, priority: 1)[0].job
    #expect(urgent.rank < segment(first, 0..<1)[0].job.rank)
  }
}
