import Foundation
import Jobs

/// What a process left that was killed in a drill.
struct KilledProcess {
  /// Jobs that it had noted as on their way.
  var inFlight: Set<Int> = []
  /// Jobs whose answers it had kept and not committed.
  var kept: Set<Int> = []
  /// Jobs that came into sight in the output files since the kill before.
  var shown: Set<Int> = []
  /// How long the provider's ledger was, in bytes.
  var ledgerSize = 0

  /// Jobs that may have been billed without an answer.
  var unknown: Set<Int> { inFlight.subtracting(kept) }
}
