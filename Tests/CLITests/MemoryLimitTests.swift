import TestSupport
import Testing

/// A shell, or a container, that lets the program have little memory.
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
}
