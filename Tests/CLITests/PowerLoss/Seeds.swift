import Foundation

/// Seeds of the runs that a test is made of; `NIGHTJAR_SEEDS=10` makes it ten times as many.
enum Seeds {
  private static let factor =
    ProcessInfo.processInfo.environment["NIGHTJAR_SEEDS"].flatMap(UInt64.init) ?? 1

  static func some(_ count: UInt64) -> ClosedRange<UInt64> { 1...max(1, count * factor) }
}
