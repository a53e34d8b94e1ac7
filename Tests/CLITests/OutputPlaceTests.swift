import Foundation
import Glibc
import Testing

/// What is not ours is not overwritten, by a run or by an export.
struct OutputPlaceTests {
  private let folder: Scratch
  private let provider: Provider

  init() throws {
    folder = try Scratch()
    provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<5))
  }

  private func run(_ arguments: [String], input: String? = nil) throws -> Program.Ending {
    let flags = provider.flags().filter { $0 != "--json" }
    return try folder.nightjar(["run"] + arguments + flags, input: input)
  }

  private func export(_ arguments: [String]) throws -> Program.Ending {
    try folder.nightjar(["export", "out.jsonl", "-o"] + arguments)
  }

  /// Makes something of each kind that no output may replace; says by its name what it is called.
  private func plant() throws -> [(name: String, what: String)] {
    try folder.write("notes.txt", "notes")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(of: "link"),
      withDestinationPath: "notes.txt"
    )
    #expect(unsafe mkfifo(folder.path(of: "pipe"), 0o600) == 0)
    try folder.write("sub/in-a-folder", "")
    return [
      ("link", "a symbolic link"), ("pipe", "a named pipe"), ("sub", "a folder"),
      ("/dev/full", "a device"),
    ]
  }

  @Test func `an export replaces nothing but what an export of the same batch wrote`() throws {
    #expect(try run(["in.jsonl", "-o", "out.jsonl"]).status == 0)
    for (name, what) in try plant() {
      let ending = try export([name, "--force"])
      #expect(ending.status == 73 && ending.errors.contains(what), "\(ending.errors)")
      #expect(ending.errors.contains("next: "))
    }
    let refused = try export(["notes.txt"])
    #expect(refused.status == 73 && refused.errors.contains("--force"), "\(refused.errors)")
    #expect(folder.read("notes.txt") == "notes")
    for own in ["in.jsonl", "out.jsonl", "out.failed.jsonl", "out.jsonl.nightjar-audit"] {
      let before = folder.read(own)
      #expect(try export([own, "--force"]).status == 73)
      #expect(folder.read(own) == before)
    }
    #expect(try export(["copy.jsonl"]).status == 0)
    #expect(try export(["copy.jsonl", "--ordered"]).status == 0)
    try folder.append("copy.jsonl", "mine\n")
    #expect(try export(["copy.jsonl"]).status == 73)
    #expect(try export(["copy.jsonl", "--force"]).status == 0)
    try folder.expectResults(0..<5, in: "copy.jsonl")
    #expect(try export(["notes.txt", "--force"]).status == 0)
    #expect(!FileManager.default.fileExists(atPath: "/dev/full.nightjar"))
  }

  @Test func `results for a closed standard output are refused before anything is sent`() throws {
    let flags = provider.flags().filter { $0 != "--json" }
    let run = [Program.path, "run", "in.jsonl", "-o", "-", "--queue", "q.batch"] + flags
    let words = run.map { "'\($0)'" }.joined(separator: " ")
    let program = try Program(["-c", "exec \(words) >&-"], in: folder, executable: "/bin/sh")
    let ending = program.ending()
    #expect(ending.status == 73, "\(ending.errors)")
    #expect(provider.requests.isEmpty)
  }

  /// What somebody may do to results while a run writes them.
  enum Change: String, CaseIterable {
    case cut, cutInALine, removed, exchanged

    func make(at path: String) throws {
      switch self {
      case .cut: #expect(unsafe truncate(path, 0) == 0)
      case .cutInALine: #expect(unsafe truncate(path, 1_000) == 0)
      case .removed: try FileManager.default.removeItem(atPath: path)
      case .exchanged:
        try Data("mine\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      }
    }
  }

  @Test(arguments: Change.allCases)
  func `results that somebody changes while they are written are whole at the end`(
    _ change: Change
  ) throws {
    let pipe = Pipe()
    let run = ["run", "-", "-o", "out.jsonl"] + provider.flags()
    let program = try Program(run, in: folder, pipe: pipe)
    try pipe.fileHandleForWriting.write(contentsOf: Data(prompts(0..<10).utf8))
    try folder.wait(for: "the first results") { folder.lines("out.jsonl").count == 10 }
    try change.make(at: folder.path(of: "out.jsonl"))
    try pipe.fileHandleForWriting.write(contentsOf: Data(prompts(10..<20).utf8))
    try pipe.fileHandleForWriting.close()
    let ending = program.ending()
    if change == .exchanged {
      #expect(ending.status == 73, "\(ending.errors)")
      #expect(folder.read("out.jsonl") == "mine\n")
      try FileManager.default.removeItem(atPath: folder.path(of: "out.jsonl"))
      #expect(try folder.nightjar(run, input: prompts(0..<20)).status == 0)
    } else {
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(ending.errors.contains("it is whole again"), "\(ending.errors)")
    }
    try folder.expectResults(0..<20)
    #expect(try folder.nightjar(["status", "out.jsonl", "--check"]).status == 0)
    #expect(provider.requests.count == 20)
  }

  @Test func `an export of another batch is not replaced`() throws {
    #expect(try run(["in.jsonl", "-o", "out.jsonl"]).status == 0)
    #expect(try run(["in.jsonl", "-o", "other.jsonl"]).status == 0)
    #expect(try folder.nightjar(["export", "other.jsonl", "-o", "copy.jsonl"]).status == 0)
    #expect(try export(["copy.jsonl"]).status == 73)
    #expect(try export(["other.failed.jsonl"]).status == 73)
  }

  @Test(arguments: ["-", "/dev/stdout", "/proc/self/fd/1"])
  func `an export goes to standard output`(_ name: String) throws {
    #expect(try run(["in.jsonl", "-o", "out.jsonl"]).status == 0)
    let ending = try export([name, "--ordered"])
    #expect(ending.status == 0)
    try folder.write("stream.jsonl", ending.output)
    #expect(try folder.results("stream.jsonl").map(\.custom_id) == ["0", "1", "2", "3", "4"])
    #expect(!folder.exists("-"))
  }

  @Test func `a run begins no output that is not its own`() throws {
    for (name, what) in try plant() {
      let ending = try run(["in.jsonl", "-o", name])
      #expect(ending.status == 73 && ending.errors.contains(what), "\(ending.errors)")
      #expect(!folder.exists(name + ".nightjar"))
    }
    for name in ["notes.txt", "in.jsonl", "./in.jsonl"] {
      let ending = try run(["in.jsonl", "-o", name])
      #expect(ending.status == 73, "\(ending.errors)")
    }
    #expect(folder.read("notes.txt") == "notes" && folder.read("in.jsonl") == prompts(0..<5))
    #expect(try run(["in.jsonl", "-o", "out.jsonl"]).status == 0)
    let other = try run(["in.jsonl", "-o", "notes.txt", "--queue", "out.jsonl.nightjar"])
    #expect(other.status == 73, "\(other.errors)")
    #expect(folder.read("notes.txt") == "notes")
    #expect(provider.requests.count == 5)
  }

  @Test(arguments: [
    ("r.jsonl", "r.failed.jsonl"), ("r.failed.jsonl", "r.jsonl"), ("r", "r.jsonl"),
    ("r.jsonl", "r"),
  ])
  func `two batches share no file`(_ first: String, _ second: String) throws {
    #expect(try run(["in.jsonl", "-o", first]).status == 0)
    let results = folder.read(first)
    let files = Set(folder.files.filter { $0.hasPrefix("r") })
    for input in ["in.jsonl", "./in.jsonl"] {
      let ending = try run([input, "-o", second])
      #expect(ending.status == 73, "\(ending.errors)")
      #expect(ending.errors.contains("belongs to another batch, \(first).nightjar"))
      #expect(ending.errors.contains("next: "))
    }
    #expect(folder.read(first) == results)
    #expect(Set(folder.files.filter { $0.hasPrefix("r") }) == files)
    #expect(try run(["in.jsonl", "-o", first]).status == 0)
  }

  @Test(arguments: ["wal", "shm", "journal", "w1-sent", "w7-answers1", "w1-reserve"])
  func `a file that only has the name of a journal is not removed`(_ ending: String) throws {
    let name = "out.jsonl.nightjar-" + ending
    try folder.write(name, "my notes\n")
    for _ in 0..<2 {
      let ending = try run(["in.jsonl", "-o", "out.jsonl"])
      #expect(ending.status == 73 && ending.errors.contains("  at: \(name)"), "\(ending.errors)")
    }
    #expect(folder.read(name) == "my notes\n" && !folder.exists("out.jsonl.nightjar"))
    // As a power cut leaves it.
    try folder.write(name, Data(count: 4_096))
    #expect(try run(["in.jsonl", "-o", "out.jsonl"]).status == 0)
  }

  @Test func `an input without jobs leaves no files`() throws {
    try folder.write("blank.jsonl", "\n \n")
    try FileManager.default.createDirectory(
      atPath: folder.path(of: "nothing"),
      withIntermediateDirectories: false
    )
    let files = Set(folder.files)
    // What a program prints is kept in files, too.
    let made = { [folder] in
      Set(folder.files.filter { !$0.hasPrefix("program-") }).subtracting(files)
    }
    let inputs = [("blank.jsonl", nil), ("nothing", nil), ("-", ""), ("-", "\n\n")]
    for (input, text) in inputs {
      let ending = try run([input, "-o", "out.jsonl"], input: text)
      #expect(ending.status == 66 && ending.errors.contains("no jobs"), "\(ending.errors)")
    }
    #expect(made().isEmpty, "\(made())")
    #expect(try run(["-", "-o", "out.jsonl"], input: "\n" + prompts(0..<5)).status == 0)
    try folder.expectResults(0..<5)
  }

  @Test(arguments: [("r.jsonl", "r.failed.jsonl"), ("r.failed.jsonl", "r.jsonl")])
  func `two batches elsewhere share no file`(_ first: String, _ second: String) throws {
    #expect(try run(["in.jsonl", "-o", first, "--queue", "one.batch"]).status == 0)
    let results = folder.read(first)
    let ending = try run(["in.jsonl", "-o", second, "--queue", "two.batch"])
    #expect(ending.status == 73 && ending.errors.contains("next: "), "\(ending.errors)")
    #expect(folder.read(first) == results && !folder.exists("two.batch"))
    #expect(try run(["in.jsonl", "-o", first, "--queue", "one.batch"]).status == 0)
  }

  @Test(arguments: ["out.jsonl", "out.failed.jsonl"], [2, 5])
  func `lines that somebody added to the results stay there`(_ name: String, _ jobs: Int) throws {
    let run = ["in.jsonl", "-o", "out.jsonl"]
    #expect(try self.run(run + ["--limit", "\(jobs)"]).status == 0)
    let own = folder.read(name)
    try folder.append(name, "mine\nand mine\n{\"id\":\"mine too\"}\n")
    let before = folder.read(name)
    let ending = try self.run(run)
    #expect(ending.status == 73, "\(ending.errors)")
    let place = own.isEmpty ? "not one that this batch has begun" : "from byte \(own.utf8.count) on"
    #expect(ending.errors.contains(place) && ending.errors.contains("next: "), "\(ending.errors)")
    #expect(folder.read(name) == before && provider.requests.count == jobs)
    try folder.write(name, own)
    #expect(try self.run(run).status == 0)
    try folder.expectResults(0..<5)
  }

  @Test func `results that somebody altered in place are refused, and written again once away`()
    throws
  {
    let run = ["in.jsonl", "-o", "out.jsonl"]
    #expect(try self.run(run).status == 0)
    let own = folder.read("out.jsonl")
    try folder.write("out.jsonl", own.replacingOccurrences(of: "Rehearsal", with: "REHEARSAL"))
    let ending = try self.run(run)
    #expect(ending.status == 73 && ending.errors.contains("away: the batch has every answer"))
    try FileManager.default.removeItem(atPath: folder.path(of: "out.jsonl"))
    #expect(try self.run(run).status == 0)
    #expect(folder.read("out.jsonl") == own && provider.requests.count == 5)
    try folder.append("out.jsonl", "mine\n")
    let check = try folder.nightjar(["status", "out.jsonl", "--check"])
    #expect(check.status == 1 && check.output.contains("from byte \(own.utf8.count) on"))
  }

  @Test func `results that somebody alters while the run goes on are noticed at its end`() throws {
    let slow = try Provider(["--latency", "1s"], in: folder)
    let arguments = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "1"] + slow.flags()
    let program = try Program(arguments, in: folder)
    try folder.wait(for: "a result") { !folder.read("out.jsonl").isEmpty }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path(of: "out.jsonl")))
    try file.write(contentsOf: Data("????".utf8))
    let ending = program.ending()
    #expect(ending.status == 73 && ending.errors.contains("move the file away"), "\(ending.errors)")
    try FileManager.default.removeItem(atPath: folder.path(of: "out.jsonl"))
    #expect(try self.run(["in.jsonl", "-o", "out.jsonl"]).status == 0)
    try folder.expectResults(0..<5)
    #expect(slow.requests.count + provider.requests.count == 5)
  }

  @Test(arguments: [false, true])
  func `a batch that loses its name while it is open is written again`(_ isExchanged: Bool) throws {
    try folder.write("in.jsonl", prompts(0..<8))
    let slow = try Provider(["--latency", "1s"], in: folder)
    let arguments = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "1"] + slow.flags()
    let program = try Program(arguments, in: folder)
    try folder.wait(for: "a result") { !folder.read("out.jsonl").isEmpty }
    let (batch, saved) = ("out.jsonl.nightjar", "out.jsonl.nightjar-saved")
    try FileManager.default.removeItem(atPath: folder.path(of: batch))
    if isExchanged { try folder.write(batch, "mine") }
    let ending = program.ending()
    #expect(ending.status == 73 && ending.errors.contains("written again"), "\(ending.errors)")
    if isExchanged {
      #expect(folder.read(batch) == "mine" && ending.errors.contains(saved), "\(ending.errors)")
      #expect(unsafe rename(folder.path(of: saved), folder.path(of: batch)) == 0)
    }
    #expect(try folder.nightjar(arguments).status == 0)
    try folder.expectResults(0..<8)
    #expect(slow.requests.count == 8)
  }

  @Test(arguments: ["status", "export", "retry", "resume", "cancel"])
  func `a pipe in the place of a batch is refused at once`(_ command: String) throws {
    #expect(unsafe mkfifo(folder.path(of: "out.jsonl.nightjar"), 0o600) == 0)
    let more = ["export": ["-o", "x"], "cancel": ["--all"]][command] ?? []
    let ending = try folder.nightjar([command, "out.jsonl"] + more)
    #expect(ending.status == 66 && ending.errors.contains("a named pipe"), "\(ending.errors)")
  }

  @Test func `a batch that lies elsewhere is looked for where --queue says`() throws {
    #expect(try run(["in.jsonl", "-o", "m.jsonl", "--queue", "m.batch"]).status == 0)
    let run = ["run", "in.jsonl", "-o", "m.jsonl"] + provider.flags()
    for arguments in [["status", "m.jsonl"], run] {
      let ending = try folder.nightjar(arguments)
      #expect(ending.status != 0 && ending.errors.contains("--queue"), "\(ending.errors)")
    }
  }

  @Test func `a run whose results go to standard output can be resumed`() throws {
    let first = try run(["in.jsonl", "-o", "-", "--limit", "2"])
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.split(separator: "\n").count == 2)
    let second = try run(["in.jsonl", "-o", "-"])
    try folder.write("all.jsonl", second.output)
    try folder.expectResults(0..<5, in: "all.jsonl")
    #expect(provider.requests.count == 5)
    #expect(!folder.exists("-") && !folder.exists("-.failed.jsonl"))
    #expect(try folder.nightjar(["status", "in.jsonl.batch"]).output.contains("5 completed"))
    #expect(folder.read("in.jsonl") == prompts(0..<5))
    #expect(try run(["-", "-o", "-"], input: prompts(0..<5)).status == 64)
    #expect(try run(["in.jsonl", "-o", "-", "--json"]).status == 64)
  }

  @Test(arguments: ["w1-answers1", "w1-answers2", "w1-sent", "w1-reserve", "audit"])
  func `links with the names of the journals are not followed`(_ name: String) throws {
    try folder.write("victim", "mine")
    for isHard in [false, true] {
      let link = folder.path(of: "out.jsonl.nightjar-" + name)
      if isHard {
        try FileManager.default.linkItem(atPath: folder.path(of: "victim"), toPath: link)
      } else {
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "victim")
      }
      let ending = try run(["in.jsonl", "-o", "out.jsonl"])
      if name != "audit" { #expect(ending.status == 73, "\(ending.errors)") }
      #expect(name == "audit" && isHard || folder.read("victim") == "mine")
      for file in folder.files where file.hasPrefix("out.") {
        try FileManager.default.removeItem(atPath: folder.path(of: file))
      }
      _ = unsafe unlink(link)
    }
  }
}
