import Foundation
import Glibc
import Testing

/// `pause`, `resume`, `drain`, `retry` and `cancel`: a batch steered from another terminal.
struct QueueControlTests {
  @Test func `a pause holds every worker until it ends`() throws {
    let queue = try Queue()
    try queue.enqueue(0..<20)
    for words in ["paused:", "paused already:"] {
      #expect(try queue.nightjar("pause").output.hasPrefix(words))
    }
    let worker = try queue.worker(["--until-empty", "--quiet"])
    try queue.folder.wait(for: "a worker that waits") { worker.errors.contains("paused") }
    let paused = try queue.status()
    #expect(paused.paused == true)
    #expect(paused.state == "running")
    #expect(paused.workers?.map(\.pid) == [worker.pid])
    #expect(paused.workers?.first?.state == "working")
    #expect(queue.provider.requests.isEmpty)
    let words = try queue.nightjar("status").output
    #expect(words.contains("next: `nightjar resume"), "\(words)")
    #expect(!words.contains("wait for room"), "\(words)")
    #expect(try queue.nightjar("resume").output == "resumed; 1 at work\n")
    #expect(worker.ending().status == 0, "\(worker.errors)")
    try queue.expectResults(0..<20)
    let idle = try queue.nightjar("resume")
    #expect(idle.output.hasPrefix("it was not paused"))
    #expect(idle.errors.contains("nothing is left to do"), "\(idle.errors)")
  }

  @Test func `a drain lets every worker end what is in flight`() throws {
    let queue = try Queue(latency: "100ms")
    try queue.enqueue(0..<500)
    let workers = try (0..<2).map { _ in try queue.worker(["--concurrency", "4"]) }
    try queue.wait(forRequests: 20)
    try queue.folder.wait(for: "both workers") { (try? queue.status().workers?.count) == 2 }
    let drain = try queue.nightjar("drain")
    for worker in workers {
      #expect(drain.output.contains("\(worker.pid)"))
      #expect(worker.ending().status == 75, "\(worker.errors)")
    }
    let status = try queue.status()
    #expect(status.state == "idle")
    #expect(status.unknown == 0)
    #expect(status.completed == queue.provider.requests.count)
    #expect(try queue.nightjar("drain").output == "nobody works on it\n")
    #expect(try queue.workedOff().status == 0)
    #expect(queue.resent == 0)
  }

  @Test func `jobs are cancelled and brought back by their ids`() throws {
    let queue = try Queue()
    try queue.enqueue(0..<20)
    let mistyped = try queue.nightjar("cancel", ["--id", "3", "--id", "33"])
    #expect(mistyped.status == 64)
    #expect(mistyped.errors.contains("no job has the id \"33\"; nothing was changed"))
    #expect(try queue.status().cancelled == 0)
    let cancel = try queue.nightjar("cancel", ["--id", "3", "--id", "7"])
    #expect(cancel.output == "2 jobs cancelled\n", "\(cancel.errors)")
    #expect(try queue.workedOff().status == 0)
    try queue.expectResults((0..<20).filter { $0 != 3 && $0 != 7 })
    let status = try queue.status()
    #expect(status.cancelled == 2)
    #expect(status.pending == 0)
    #expect(status.state == "finished")
    let text = try queue.nightjar("status").output
    #expect(text.hasPrefix("finished: 18 completed, 0 failed, 2 cancelled, 0 pending of 20 jobs"))
    #expect(try queue.nightjar("retry", ["--id", "3"]).output.hasPrefix("1 job available again"))
    #expect(try queue.nightjar("retry", ["--cancelled"]).output.hasPrefix("1 job available again"))
    #expect(try queue.workedOff().status == 0)
    try queue.expectResults(0..<20)
  }

  @Test func `a run and a retry name the jobs that are cancelled`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<5))
    #expect(try folder.nightjar(["enqueue", "in.jsonl", "--queue", "q"]).status == 0)
    #expect(try folder.nightjar(["cancel", "q", "--all"]).output == "5 jobs cancelled\n")
    let flags = provider.flags().filter { $0 != "--json" }
    let work = ["work", "--queue", "q", "--until-empty"] + flags
    let words = try folder.nightjar(work).errors
    #expect(words.contains("0 completed, 0 failed, 5 cancelled, 0 pending of 5 jobs"), "\(words)")
    #expect(words.contains("`nightjar retry q --cancelled`"), "\(words)")
    let retry = try folder.nightjar(["retry", "q"]).output
    #expect(retry.contains("5 jobs are cancelled: 'nightjar retry q --cancelled'"), "\(retry)")
  }

  @Test func `everything left can be cancelled while a worker runs`() throws {
    let queue = try Queue(latency: "100ms")
    try queue.enqueue(0..<1_000)
    let worker = try queue.worker(["--until-empty", "--concurrency", "4"])
    try queue.wait(forRequests: 10)
    #expect(try queue.nightjar("cancel", ["--all"]).status == 0)
    let ending = worker.ending()
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.report()
    #expect(report.cancelled + report.completed == 1_000)
    #expect(report.completed == queue.provider.requests.count)
    #expect(report.completed < 500)
  }

  @Test func `a job that may have been billed is held until the user decides`() throws {
    let queue = try Queue(latency: "300ms")
    try queue.enqueue(0..<60)
    let flags = ["--concurrency", "6", "--on-unknown", "hold"]
    let worker = try queue.worker(flags)
    try queue.wait(forRequests: 12)
    worker.send(signal: SIGKILL)
    _ = worker.ending()
    let ending = try queue.workedOff(flags)
    #expect(ending.status == 75, "\(ending.errors)")
    let report = try ending.report()
    #expect(report.stopped == "held")
    #expect(report.held > 0)
    #expect(report.held == report.unknown)
    #expect(report.held == report.pending)
    #expect(report.completed == 60 - report.held)
    #expect(ending.errors.contains("nightjar retry \(Queue.name) --unknown"))
    #expect(queue.resent == 0)
    let retry = try queue.nightjar("retry", ["--unknown"])
    #expect(retry.output.hasPrefix("\(report.held) job"), "\(retry.output)\(retry.errors)")
    #expect(try queue.workedOff(flags).status == 0)
    try queue.expectResults(0..<60)
    let end = try queue.status()
    #expect(end.held == 0)
    #expect(end.unknown == report.unknown)
    #expect(queue.resent <= report.unknown)
  }
}

/// The same commands on the batch of a run, which only changes while it rests.
struct RunControlTests {
  @Test func `a run holds unknown jobs too, and its job file can say so`() throws {
    let folder = try Scratch()
    let provider = try Provider(["--latency", "300ms"], in: folder)
    try folder.write("in.jsonl", prompts(0..<60))
    try folder.write("job.yaml", "input: in.jsonl\noutput: out.jsonl\non_unknown: hold\n")
    let run = ["run", "job.yaml", "--concurrency", "6"] + provider.flags()
    let program = try Program(run, in: folder)
    try folder.wait(for: "12 results") { folder.lines("out.jsonl").count >= 12 }
    let busy = try folder.nightjar(["retry", "job.yaml"])
    #expect(busy.status == 75)
    #expect(busy.errors.contains("nightjar drain job.yaml"), "\(busy.errors)")
    program.send(signal: SIGKILL)
    _ = program.ending()
    let resume = try folder.nightjar(["resume", "job.yaml"])
    #expect(resume.output == "it was not paused; nobody works on it now\n")
    #expect(resume.errors.contains("next: `nightjar run job.yaml` does the rest"))
    let named = try folder.nightjar(["resume", "out.jsonl"]).errors
    #expect(named.contains("`nightjar run in.jsonl -o out.jsonl …`"), "\(named)")
    let held = try folder.nightjar(run)
    #expect(held.status == 75, "\(held.errors)")
    let report = try held.report()
    #expect(report.stopped == "held")
    #expect(report.held > 0 && report.held == report.unknown)
    #expect(try folder.nightjar(["retry", "job.yaml", "--unknown"]).status == 0)
    #expect(try folder.nightjar(run).status == 0)
    try folder.expectResults(0..<60)
  }

  @Test func `a job of a run is done again or not at all, and its files agree`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<300))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run).status == 0)
    let retry = try folder.nightjar(["retry", "out.jsonl", "--id", "7", "--id", "299"])
    #expect(retry.output.hasPrefix("2 jobs available again"), "\(retry.errors)")
    try folder.expectResults((0..<299).filter { $0 != 7 })
    let cancel = try folder.nightjar(["cancel", "out.jsonl", "--id", "299"])
    #expect(cancel.output == "1 job cancelled\n", "\(cancel.errors)")
    #expect(try folder.nightjar(run).status == 0)
    try folder.expectResults(0..<299)
    #expect(provider.requests.count == 301)
    let unknown = try folder.nightjar(["retry", "out.jsonl", "--id", "none"])
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("\"none\""))
  }

  @Test func `a job is found by its id although its line has changed, or the input is gone`()
    throws
  {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<5))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    #expect(try folder.nightjar(run).status == 0)
    try folder.write("in.jsonl", #"{"id":"0","prompt":"New"}"# + "\n" + prompts(1..<5))
    for id in ["0", "3"] {
      let retry = try folder.nightjar(["retry", "out.jsonl", "--id", id])
      #expect(retry.output.hasPrefix("1 job available again"), "\(retry.errors)")
    }
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(provider.requests.count == 7)
    try FileManager.default.removeItem(atPath: folder.path(of: "in.jsonl"))
    let done = try folder.nightjar(["cancel", "out.jsonl", "--id", "4"])
    #expect(done.output == "0 jobs cancelled; 1 job completed already\n", "\(done.errors)")
    #expect(try folder.nightjar(["retry", "out.jsonl", "--id", "9"]).status == 64)
  }
}
