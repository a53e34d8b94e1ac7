import Foundation
import TestSupport
import Testing

/// A server that asks for no key, as local ones do.
struct KeylessTests {
  @Test func `without a key no credential is sent`() throws {
    let folder = try Scratch()
    let answer = #"{"choices":[{"message":{"content":"Rehearsal"},"finish_reason":"stop"}]}"#
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)")
      }
    }
    defer { server.stop() }
    try folder.write("in.jsonl", prompts(0..<2))
    let ending = try folder.nightjar([
      "run", "in.jsonl", "-o", "out.jsonl", "--provider", "openai", "--model", "local", "--key",
      "none", "--base-url", server.url,
    ])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try folder.results().map(\.nightjar.key) == ["none", "none"])
    #expect(server.requests.count == 2)
    #expect(server.requests.allSatisfy { !$0.lowercased().contains("authorization") })
  }

  @Test func `a server that wants one says so`() throws {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<2))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags(key: "none")
    let ending = try folder.nightjar(run)
    #expect(ending.status == 77, "\(ending.errors)")
    #expect(ending.errors.contains("no key was sent"), "\(ending.errors)")
  }
}
