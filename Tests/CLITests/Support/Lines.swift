import Foundation
import Testing

/// The report of a run, or the line of `status --json`.
struct Report: Decodable {
  struct Usage: Decodable {
    let input_tokens: Int
    let output_tokens: Int
  }
  let total: Int
  let completed: Int
  let failed: Int
  let pending: Int
  let cancelled: Int
  let held: Int
  let unknown: Int
  let late: Int
  let late_kept: Int
  let requests_sent: Int
  let retries: Int
  let rate_limited: Int
  let usage: Usage
  let elapsed_s: Double?
  let cost_usd: Double?
  let unanswered_usd: Double?
  let budget_usd: Double?
  let stopped: String?
  let state: String?
  let paused: Bool?
  let workers: [Worker]?

  /// Somebody who works on the batch.
  struct Worker: Decodable {
    let worker: Int
    let pid: Int32
    let state: String
    let started: String
  }
}

/// A line of the results.
struct ResultLine: Decodable {
  struct Response: Decodable {
    let status_code: Int
    let request_id: String?
    let body: Body
  }
  /// What of the providers' answers tells them apart.
  struct Body: Decodable {
    struct Text: Decodable {
      let text: String
    }
    struct Choice: Decodable {
      struct Message: Decodable {
        let content: String
      }
      let message: Message
    }
    struct Item: Decodable {
      let content: [Text]
    }
    struct Embedding: Decodable {
      let embedding: [Double]
    }
    let content: [Text]?
    let choices: [Choice]?
    let output: [Item]?
    let data: [Embedding]?

    /// The text of an answer in any of the formats.
    var text: String? {
      content?.first?.text ?? choices?.first?.message.content ?? output?.first?.content.first?.text
    }
  }
  struct Note: Decodable {
    let attempts: Int
    let account: String
    let key: String
    let endpoint: String
    let latency_ms: Int
    let usage: Report.Usage
    let cost_usd: Double?
  }
  let id: String
  let custom_id: String
  let response: Response
  let error: String?
  let nightjar: Note
}

/// A line of the failed jobs.
struct FailedLine: Decodable {
  struct Failure: Decodable {
    let code: String
    let message: String
  }
  let id: String?
  let custom_id: String?
  let error: Failure
}

/// The simulator's name of a prompt: 64-bit FNV-1a of its UTF-8, in hexadecimal.
func promptHash(_ prompt: String) -> String {
  let hash = prompt.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
    ($0 ^ UInt64($1)) &* 0x100_0000_01b3
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

/// Plain input lines: job `N` asks `Prompt N`.
func prompts(_ numbers: Range<Int>) -> String {
  numbers.map { "{\"id\":\"\($0)\",\"prompt\":\"Prompt \($0)\"}\n" }.joined()
}

extension Scratch {
  /// The results of a file, each line of which has to be one.
  func results(_ name: String = "out.jsonl") throws -> [ResultLine] {
    #expect(read(name).isEmpty || read(name).hasSuffix("\n"), "a torn line in \(name)")
    return try lines(name).map { try JSONDecoder().decode(ResultLine.self, from: Data($0.utf8)) }
  }

  func failures(_ name: String = "out.failed.jsonl") throws -> [FailedLine] {
    try lines(name).map { try JSONDecoder().decode(FailedLine.self, from: Data($0.utf8)) }
  }

  /// Checks that the jobs of ``prompts(_:)`` have one result each, and each its own.
  func expectResults(
    _ numbers: some Sequence<Int>,
    in name: String = "out.jsonl",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let results = try results(name)
    let ids = results.compactMap { Int($0.custom_id) }.sorted()
    #expect(ids == numbers.sorted(), sourceLocation: sourceLocation)
    for result in results {
      let hash = promptHash("Prompt \(result.custom_id)")
      #expect(
        result.response.body.text?.hasPrefix("Rehearsal \(hash) ") == true,
        "\(result.custom_id) has the answer of another job",
        sourceLocation: sourceLocation
      )
    }
  }
}
