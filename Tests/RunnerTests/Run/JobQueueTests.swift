import Jobs
import Runner
import Testing

@Suite struct `A queue of jobs` {
  private func jobs(_ numbers: Range<Int>) -> [Job] {
    let lines = numbers.map { JobLine(number: $0, id: "\($0)", shape: RequestShape()) }
    return LoadedSegment(lease: SegmentLease(segment: 1, epoch: 1), lines: lines).jobs()
  }

  private func queue(_ numbers: Range<Int>, delayedLimit: Int = 10) -> JobQueue {
    var queue = JobQueue(delayedLimit: delayedLimit)
    queue.add(jobs(numbers))
    return queue
  }

  /// What a worker that asks gets: a job's number, "wait" or "finished".
  private func next(_ queue: inout JobQueue) -> String {
    switch queue.next() {
    case .job(let job): "\(job.number)"
    case .wait: "wait"
    case .finished: "finished"
    }
  }

  @Test func `hands out jobs in input order and those that came back first`() {
    var queue = queue(0..<4)
    let all = jobs(0..<4)
    #expect((0..<2).map { _ in next(&queue) } == ["0", "1"])
    queue.giveBack(all[1])
    queue.delay()
    queue.due(all[0])
    #expect(queue.ready == 4)
    #expect((0..<5).map { _ in next(&queue) } == ["1", "0", "2", "3", "wait"])
  }

  @Test func `ends when nothing is supplied running or waiting`() {
    var queue = queue(0..<2)
    _ = (next(&queue), next(&queue))
    queue.endSupply()
    #expect(next(&queue) == "wait")
    queue.finish()
    queue.delay()
    #expect(next(&queue) == "wait" && !queue.isIdle)
    queue.due(jobs(1..<2)[0])
    #expect(next(&queue) == "1")
    queue.finish()
    #expect(next(&queue) == "finished" && queue.isIdle)
  }

  @Test func `waits for more while the supply goes on`() {
    var queue = queue(0..<0)
    #expect(next(&queue) == "wait")
    queue.add(jobs(5..<6))
    #expect(next(&queue) == "5")
  }

  @Test func `holds new jobs back while too many wait for another attempt`() {
    var queue = queue(0..<6, delayedLimit: 3)
    for _ in 0..<2 {
      _ = next(&queue)
      queue.delay()
    }
    queue.addDelayed()
    #expect(next(&queue) == "wait")
    queue.due(jobs(0..<1)[0])
    #expect((0..<3).map { _ in next(&queue) } == ["0", "2", "3"])
  }

  @Test func `hands out nothing once it is stopped`() {
    var queue = queue(0..<6)
    _ = next(&queue)
    queue.stop()
    #expect(next(&queue) == "finished")
    queue.giveBack(jobs(0..<1)[0])
    #expect(next(&queue) == "finished")
  }
}
