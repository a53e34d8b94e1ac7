import Foundation
import Glibc
import Testing

/// A `nightjar simulate` for one test.
final class Provider {
  /// A line of the simulator's ledger: one request.
  struct Request: Decodable {
    let t_ms: Int
    let path: String
    let key: String?
    let prompt_hash: String?
    let outcome: String
    let input_tokens: Int
    let output_tokens: Int
  }

  let url: String
  private let program: Program
  private let folder: Scratch
  private let ledger: String

  init(_ arguments: [String] = [], port: Int = 0, in folder: Scratch) throws {
    self.folder = folder
    ledger = "ledger-\(UUID().uuidString.prefix(8)).jsonl"
    let program = try Program(
      ["simulate", "--port", "\(port)", "--for", "600", "--ledger", ledger] + arguments,
      in: folder
    )
    try folder.wait(for: "a simulator that listens") { program.output.contains("\n") }
    let announcement = program.output.prefix { $0 != "\n" }
    url = try #require(announcement.split(separator: " ").last.map(String.init))
    self.program = program
  }

  deinit { stop() }

  func stop() {
    program.send(signal: SIGKILL)
    _ = program.ending()
  }

  /// What a run needs to use it, besides input and output.
  func flags(_ provider: String = "anthropic", key: String = "env:REHEARSAL") -> [String] {
    [
      "--base-url", url, "--provider", provider, "--model", "any", "--max-tokens", "64",
      "--key", key, "--json",
    ]
  }

  /// Bytes of the ledger so far.
  var ledgerSize: Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: folder.path(of: ledger))
    return attributes?[.size] as? Int ?? 0
  }

  /// The ledger's lines as they are.
  var ledgerLines: [String] { folder.lines(ledger) }

  /// Every request so far.
  var requests: [Request] {
    ledgerLines.compactMap {
      try? JSONDecoder().decode(Request.self, from: Data($0.utf8))
    }
  }
}
