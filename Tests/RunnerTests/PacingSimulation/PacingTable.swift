import Foundation
import Runner
import Testing

/// Clients that people use today, and ours, on the same servers with the same jobs.
struct PacingTable {
  private static let seconds = 130
  private static let seeds: [UInt64] = [1, 2, 3]
  /// The first seconds are the clients' to find their pace.
  private static let start = 10

  private struct Row {
    let name: String
    let controller: @Sendable (PacingCell, UInt64) -> any PacingController
  }

  private static let rows = [
    Row(name: "300 at a time, full jitter") { FixedConcurrency(seed: $1) },
    Row(name: "300 at a time, SDK retries") { SDKRetry(seed: $1) },
    Row(name: "AIMD concurrency (Netflix)") { _, _ in AIMDConcurrency() },
    Row(name: "botocore adaptive (CUBIC)") { AdaptiveCubic(seed: $1) },
    Row(name: "client bucket of a minute") { ClientBucket(limits: $0.settings.limits, seed: $1) },
    Row(name: "mirror of the buckets") {
      MirrorReference($0.settings, stated: $0.stated ?? 1, seed: $1)
    },
    Row(name: "Nightjar") { $0.nightjar(seed: $1) },
  ]

  private static let cells: [PacingCell] = [
    .requests(burst: 5), .input(burst: 60), .input(burst: 6),
    .output(.produced, burst: 60), .output(.produced, burst: 6), .output(.produced, burst: 2),
    .output(.reserved, burst: 60), .output(.reserved, burst: 6),
    .requests(burst: 5).with {
      $0.name = "RPM, others take half"
      $0.settings.others = OtherUsers()
    },
    .output(.reserved, burst: 6).with {
      $0.name = "reserved, others in lumps"
      $0.settings.others = OtherUsers(every: 2)
    },
    .input(burst: 6).with {
      $0.name = "ITPM, half as stated"
      $0.stated = 2
    },
    .requests(burst: 5).with {
      $0.name = "RPM, halved from 40 to 70 s"
      $0.settings.changes = [(40, 0.5), (70, 1)]
    },
    .input(perMinute: 30_000, burst: 6).with { $0.name = "30,000 ITPM 6 s" },
  ]

  /// As Markdown: the share of the binding limit that was used / the share of 429s, in per cent.
  static func text() async -> [String] {
    let names = cells.map(\.name).joined(separator: " | ")
    let head = ["| client | \(names) |", "|---|" + cells.map { _ in "---|" }.joined()]
    let lines = await withTaskGroup(of: (Int, String).self) { group in
      for (index, row) in rows.enumerated() {
        group.addTask { (index, line(of: row)) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    return head + rows.indices.compactMap { lines[$0] }
  }

  private static func line(of row: Row) -> String {
    let figures = cells.map { cell in
      let books = seeds.map { seed in
        cell.run(row.controller(cell, seed), seconds: seconds, seed: seed).books
      }
      let used = mean(books.map { $0.utilisation(of: cell.meter, start..<seconds) })
      let limited = mean(books.map { $0.limitedShare(start..<seconds) })
      return String(format: "%.1f / %.2f", 100 * used, 100 * limited)
    }
    return "| \(row.name) | \(figures.joined(separator: " | ")) |"
  }

  /// As Markdown: answers of what is allowed, refusals for each answer, both in per cent, and answers
  /// a second of the first ten seconds.
  static func troubles() -> [String] {
    let head = ["| server | allows | answered | refused | at first |", "|---|---|---|---|---|"]
    return head
      + (TroubledCell.all + TroubledCell.overloads).map { cell in
        let results = seeds.map { cell.run(seed: $0) }
        return String(
          format: "| %@ | %.0f/s | %.1f | %.1f | %.0f/s |",
          cell.name,
          cell.allows,
          100 * mean(results.map(\.used)),
          100 * mean(results.map(\.refusals)),
          mean(results.map(\.start))
        )
      }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  static var conditions: String {
    "\(seconds) s of virtual time, measured from second \(start); seeds \(seeds)"
  }
}

@Suite struct `The table of pacing` {
  private static let isWanted =
    ProcessInfo.processInfo.environment["NIGHTJAR_BENCH_PACING"] == "1"

  @Test(.enabled(if: isWanted, "set NIGHTJAR_BENCH_PACING=1, or run make bench-pacing"))
  func `is printed`() async {
    let lines = await PacingTable.text()
    print(PacingTable.conditions)
    for line in lines + [""] + PacingTable.troubles() { print(line) }
  }
}
