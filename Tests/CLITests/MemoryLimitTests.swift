import Foundation
import Glibc
import TestSupport
import Testing

/// A shell, or a container, that lets the program have little memory.
@Suite(
  .enabled(if: Program.usualMemory != "unlimited", "sanitizers take more than these tests allow")
)
struct MemoryLimitTests {
  @Test func `answers that are larger than the memory together are taken one after the other`()
    throws
  {
    let folder = try Scratch()
    let text = String(repeating: "All work and no play. ", count: 100_000)
    let body = #"{"content":[{"type":"text","text":"\#(text)"}],"usage":{"input_tokens":1}}"#
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
      }
    }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<40))
    let run = [
      "run", "in.jsonl", "-o", "out.jsonl", "--base-url", "http://127.0.0.1:\(server.port)",
      "--provider", "anthropic", "--model", "any", "--max-tokens", "9", "--key", "env:REHEARSAL",
      "--concurrency", "40",
    ]
    for command in [run, ["status", "out.jsonl", "--check"], ["export", "out.jsonl", "-o", "x"]] {
      let line = ([Program.path] + command).joined(separator: " ")
      let ending = try Program(
        ["-c", "ulimit -v 400000; exec \(line)"],
        in: folder,
        executable: "/bin/bash"
      ).ending()
      #expect(ending.status == 0, "\(command[0]): \(ending.errors.suffix(600))")
    }
    #expect(folder.lines("out.jsonl").count == 40 && folder.lines("x").count == 40)
  }

  @Test(arguments: Bomb.allCases)
  func `an answer that unpacks to more than the memory is given up`(_ bomb: Bomb) throws {
    let folder = try Scratch()
    let body = bomb.bytes
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write(
          "HTTP/1.1 200 OK\r\ncontent-encoding: \(bomb.rawValue)\r\n"
            + "content-length: \(body.count)\r\n\r\n"
        )
        connection.write(body)
      }
    }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<3))
    let ending = try folder.nightjar([
      "run", "in.jsonl", "-o", "out.jsonl", "--base-url", "http://127.0.0.1:\(server.port)",
      "--provider", "anthropic", "--model", "any", "--max-tokens", "9", "--key", "env:REHEARSAL",
    ])
    #expect(ending.status == 1, "\(ending.errors)")
    #expect(ending.errors.contains("3 jobs failed with answer_too_large"), "\(ending.errors)")
    #expect(folder.lines("out.failed.jsonl").count == 3)
  }

  @Test func `a line that needs more memory than there is fails by itself`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    let fields = (0..<1_500_000).map { #""f\#($0)":1"# }.joined(separator: ",")
    try folder.write("in.jsonl", #"{"id":"a","prompt":"x",\#(fields)}"# + "\n" + prompts(0..<1))
    let ending = try folder.nightjar([
      "run", "in.jsonl", "-o", "out.jsonl", "--base-url", provider.url, "--provider", "anthropic",
      "--model", "any", "--max-tokens", "9", "--key", "env:REHEARSAL",
    ])
    #expect(ending.status == 1, "\(ending.errors)")
    #expect(ending.errors.contains("in.jsonl:1: the line has "), "\(ending.errors)")
    #expect(ending.errors.contains("as this process may use little memory"), "\(ending.errors)")
    #expect(folder.lines("out.jsonl").count == 1)
  }

  @Test(arguments: ["status", "estimate"])
  func `a job file that is none, for its size, is refused at once`(_ command: String) throws {
    let folder = try Scratch()
    try folder.write("job.yaml", "")
    #expect(unsafe truncate(folder.path(of: "job.yaml"), 1 << 30) == 0)
    let ending = try folder.nightjar([command, "job.yaml"])
    #expect(ending.status == 66, "\(ending.errors)")
    #expect(ending.errors.contains("it has more than 16 MiB"), "\(ending.errors)")
  }

  @Test func `large answers are held one at a time, and each once`() throws {
    let few = try peakMemory(ofAnswers: 1 << 10)
    let size = 10 << 20
    let many = try peakMemory(ofAnswers: size)
    // One, and what the system gives back late; all of them, or a copy of each more, would be more.
    #expect(many - few < size * 3, "\(few) and \(many) bytes")
  }

  @Test func `long lines are not held together`() throws {
    let few = try peakMemory(ofLines: 20, of: 1 << 10)
    let many = try peakMemory(ofLines: 20, of: 2 << 20)
    // All of them would be 40 MB.
    #expect(many - few < 24 << 20, "\(few) and \(many) bytes")
  }

  /// The most memory that so many jobs take whose lines have so many bytes.
  private func peakMemory(ofLines count: Int, of size: Int) throws -> Int {
    let folder = try Scratch()
    let answer = #"{"content":[{"type":"text","text":"a"}],"usage":{"input_tokens":1}}"#
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\ncontent-length: \(answer.utf8.count)\r\n\r\n\(answer)")
      }
    }
    defer { server.stop() }
    let text = String(repeating: "x", count: size)
    let lines = (0..<count).map { #"{"id":"\#($0)","prompt":"\#(text)"}"# }
    try folder.write("in.jsonl", lines.joined(separator: "\n"))
    return try peakMemory(
      [
        "run", "in.jsonl", "-o", "out.jsonl", "--base-url", "http://127.0.0.1:\(server.port)",
        "--provider", "anthropic", "--model", "any", "--max-tokens", "9", "--key", "env:REHEARSAL",
        "--memory", "8MB",
      ],
      in: folder,
      results: count
    )
  }

  @Test func `large files are read and sent one at a time`() throws {
    let few = try peakMemory(ofFiles: 1 << 10)
    let size = 6 << 20
    let many = try peakMemory(ofFiles: size)
    #expect(many - few < 8 * size, "\(few >> 20) MiB, then \(many >> 20) MiB")
  }

  /// The most memory that twelve jobs take whose PDFs have so many bytes.
  private func peakMemory(ofFiles size: Int) throws -> Int {
    let folder = try Scratch()
    let answer = #"{"content":[{"type":"text","text":"a"}],"usage":{"input_tokens":1}}"#
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\ncontent-length: \(answer.utf8.count)\r\n\r\n\(answer)")
      }
    }
    defer { server.stop() }
    for number in 0..<12 {
      let bytes = Data("%PDF-1.5 \(number)\n".utf8) + Data(repeating: UInt8(number), count: size)
      try folder.write("docs/\(number).pdf", bytes)
    }
    return try peakMemory(
      [
        "run", "docs", "-o", "out.jsonl", "--base-url", "http://127.0.0.1:\(server.port)",
        "--provider", "anthropic", "--model", "any", "--max-tokens", "9", "--key", "env:REHEARSAL",
        "--system", "Sum up.", "--memory", "24MB",
      ],
      in: folder,
      results: 12
    )
  }

  /// The most memory that three jobs take whose answers, pretty-printed JSON, have so many bytes.
  private func peakMemory(ofAnswers size: Int) throws -> Int {
    let folder = try Scratch()
    let row = "\"embedding\": [\n" + String(repeating: "  -0.012345,\n", count: 400) + "  0]"
    let rows = repeatElement("{\(row)}", count: max(1, size / row.utf8.count))
    let body = #"{"data":[\#(rows.joined(separator: ",\n"))],"usage":{"prompt_tokens":9}}"#
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
      }
    }
    defer { server.stop() }
    let lines = (0..<3).map {
      #"{"custom_id":"\#($0)","method":"POST","url":"/v1/embeddings","body":{"input":"x"}}"#
    }
    try folder.write("in.jsonl", lines.joined(separator: "\n"))
    return try peakMemory(
      [
        "run", "in.jsonl", "-o", "out.jsonl", "--base-url", "http://127.0.0.1:\(server.port)",
        "--provider", "openai", "--model", "any", "--key", "env:REHEARSAL", "--concurrency", "3",
        "--memory", "4MB",
      ],
      in: folder,
      results: 3
    )
  }

  private func peakMemory(_ run: [String], in folder: Scratch, results: Int) throws -> Int {
    let measure = """
      import resource, subprocess, sys
      status = subprocess.run(sys.argv[1:]).returncode
      print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10)
      sys.exit(status)
      """
    let ending = try Program(
      ["-c", measure, Program.path] + run,
      in: folder,
      executable: "/usr/bin/python3"
    ).ending()
    #expect(ending.status == 0, "\(ending.errors.suffix(600))")
    #expect(folder.lines("out.jsonl").count == results)
    return try #require(Int(ending.output.trimmingCharacters(in: .whitespacesAndNewlines)))
  }
}
