import Foundation
import Glibc
import Testing

/// `enqueue` and `work`: jobs that any number of workers share.
struct QueueTests {
  @Test func `several workers do each job once`() throws {
    let queue = try Queue()
    try queue.enqueue(0..<400)
    let workers = try (0..<3).map { _ in
      try queue.worker(["--until-empty", "--concurrency", "8"])
    }
    for worker in workers {
      let ending = worker.ending()
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(try ending.report().completed == 400)
    }
    try queue.expectResults(0..<400)
    #expect(queue.provider.requests.count == 400)
    let status = try queue.status()
    #expect(status.state == "finished")
    #expect(status.workers?.isEmpty == true)
    #expect(status.unknown == 0)
  }

  @Test func `two workers share a short queue`() throws {
    let queue = try Queue(latency: "100ms")
    let other = try Provider(["--latency", "100ms"], in: queue.folder)
    try queue.enqueue(0..<128)
    #expect(try queue.nightjar("pause").status == 0)
    let flags = ["--until-empty", "--concurrency", "4"]
    let workers = [try queue.worker(flags), try queue.worker(flags, at: other)]
    try queue.folder.wait(for: "two workers that wait") {
      workers.allSatisfy { $0.errors.contains("paused") }
    }
    #expect(queue.provider.requests.isEmpty && other.requests.isEmpty)
    #expect(try queue.nightjar("resume").status == 0)
    for worker in workers { #expect(worker.ending().status == 0, "\(worker.errors)") }
    try queue.expectResults(0..<128)
    #expect(queue.provider.requests.count >= 32, "one of the two got next to nothing")
    #expect(other.requests.count >= 32, "one of the two got next to nothing")
  }

  @Test func `jobs that are added while a worker waits are done`() throws {
    let queue = try Queue()
    let worker = try queue.worker()
    for end in [10, 20, 30] {
      try queue.enqueue(end - 10..<end)
      try queue.wait(forRequests: end)
    }
    #expect(try queue.nightjar("drain").output.contains("asked 1 worker"))
    let ending = worker.ending()
    #expect(ending.status == 0, "\(ending.errors)")
    try queue.expectResults(0..<30)
  }

  @Test func `the same input again adds nothing`() throws {
    let queue = try Queue()
    let folder = queue.folder
    try folder.write("in.jsonl", prompts(0..<40) + "no json\n\n" + prompts(0..<1))
    let enqueue = ["enqueue", "in.jsonl", "--queue", Queue.name]
    #expect(
      try folder.nightjar(enqueue + ["--json"]).output == "{\"new\":41,\"known\":1,\"bad\":1}\n"
    )
    #expect(
      try folder.nightjar(enqueue + ["--json"]).output == "{\"new\":0,\"known\":42,\"bad\":1}\n"
    )
    try folder.append("in.jsonl", prompts(40..<50))
    #expect(try folder.nightjar(enqueue).output.hasPrefix("\(Queue.name): 10 new, 42 known"))
    let ending = try queue.workedOff()
    #expect(ending.status == 1, "\(ending.errors)")
    try queue.expectResults(0..<50)
    #expect(try queue.nightjar("export", ["-o", "bad.jsonl", "--failed"]).status == 0)
    let failure = try #require(try folder.failures("bad.jsonl").first)
    #expect(failure.error.message.hasPrefix("in.jsonl:41: "))
  }

  @Test func `documents and a pipe are queued too`() throws {
    let queue = try Queue()
    let folder = queue.folder
    for number in 0..<20 { try folder.write("letters/\(number)", "Prompt \(number)") }
    try folder.write("letters/20", "")
    let documents = try folder.nightjar(["enqueue", "letters", "--queue", Queue.name, "--json"])
    #expect(documents.output == "{\"new\":21,\"known\":0,\"bad\":1}\n", "\(documents.errors)")
    // What the queue holds needs the folder no more.
    try FileManager.default.removeItem(atPath: folder.path(of: "letters"))
    let pipe = try folder.nightjar(
      ["enqueue", "-", "--queue", Queue.name],
      input: prompts(30..<40)
    )
    #expect(pipe.output.contains("10 new"), "\(pipe.errors)")
    #expect(try queue.workedOff().status == 1)
    try queue.expectResults(Array(0..<20) + Array(30..<40))
  }

  @Test func `each bad line fails once, and each id is a job of its own`() throws {
    let queue = try Queue(latency: "1ms")
    let folder = queue.folder
    let ids = [#"a\u0000b"#, #"a\u0000c"#, #"\u0000"#, "é"]
    let good = ids.map { "{\"id\":\"\($0)\",\"prompt\":\"p\"}\n" }.joined()
    try folder.write("odd.jsonl", good + "no JSON\n[]\n{\"id\":true,\"prompt\":\"whose?\"}\n")
    let enqueue = ["enqueue", "odd.jsonl", "--queue", Queue.name, "--json"]
    #expect(try folder.nightjar(enqueue).output == "{\"new\":7,\"known\":0,\"bad\":3}\n")
    #expect(try folder.nightjar(enqueue).output == "{\"new\":0,\"known\":7,\"bad\":3}\n")
    #expect(try queue.workedOff().status == 1)
    let status = try queue.status()
    #expect(status.completed == 4 && status.failed == 3)
  }

  @Test func `higher priorities go first`() throws {
    let queue = try Queue(latency: "1ms")
    try queue.enqueue(0..<48)
    try queue.enqueue(100..<116, ["--priority", "5"])
    try queue.enqueue(200..<216, ["--priority=-1"])
    #expect(try queue.workedOff(["--concurrency", "1"]).status == 0)
    let order = queue.provider.requests.compactMap(\.prompt_hash)
    let expected = (Array(100..<116) + Array(0..<48) + Array(200..<216))
    #expect(order == expected.map { promptHash("Prompt \($0)") })
  }

  @Test func `a worker that is killed leaves its jobs to the others at once`() throws {
    let queue = try Queue(latency: "150ms")
    try queue.enqueue(0..<200)
    // No lease ends within this test: that the process is gone is enough.
    let flags = ["--until-empty", "--concurrency", "8", "--lease", "600"]
    let workers = [try queue.worker(flags), try queue.worker(flags)]
    try queue.wait(forRequests: 40)
    workers[0].send(signal: SIGKILL)
    #expect(workers[0].ending().status == -SIGKILL)
    let ending = workers[1].ending()
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.errors.contains("is gone"), "\(ending.errors)")
    try queue.expectResults(0..<200)
    let report = try ending.report()
    #expect(queue.resent <= report.unknown)
    #expect(report.unknown <= 8)
  }

  @Test func `what cannot be a queue is refused`() throws {
    let queue = try Queue()
    let folder = queue.folder
    try queue.enqueue(0..<3)
    let budget = try folder.nightjar(queue.work(["--budget", "5"]))
    #expect(budget.status == 64)
    #expect(budget.errors.contains("a budget holds for one process only"))
    let missing = try folder.nightjar(
      ["work", "--queue", "day.queue", "--until-empty"] + queue.provider.flags()
    )
    #expect(missing.status == 66)
    #expect(missing.errors.contains("there is no queue here"))
    #expect(!folder.exists("day.queue"))
    try folder.write("in.jsonl", prompts(0..<3))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + queue.provider.flags()
    let asRun = try folder.nightjar(run + ["--queue", Queue.name])
    #expect(asRun.status == 65)
    #expect(asRun.errors.contains("this is a queue"))
    #expect(try folder.nightjar(run).status == 0)
    let asQueue = try folder.nightjar(["enqueue", "in.jsonl", "--queue", "out.jsonl.nightjar"])
    #expect(asQueue.status == 65)
    #expect(asQueue.errors.contains("not a queue"))
    #expect(try queue.status().pending == 3)
  }
}
