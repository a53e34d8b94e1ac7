import Glibc

/// The ledger on disk: a line per request, in the file before the request is answered.
///
/// The descriptor stays open for the life of the process, so that late requests still find it.
struct LedgerFile: Sendable {
  private let descriptor: CInt

  /// Opens or creates the file, readable by its owner only, to append to it.
  ///
  /// - Throws: ``SimulatorError`` when the file cannot be written.
  init(path: String) throws(SimulatorError) {
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw SimulatorError(
        "cannot write the ledger \(path): \(systemReason(errno)); choose another path"
      )
    }
  }

  /// Appends one line with a single write, so that a kill cannot tear it.
  ///
  /// - Throws: ``SimulatorError`` when the disk refuses it.
  func append(_ entry: LedgerEntry) throws(SimulatorError) {
    let line = Array(entry.line.text.utf8) + [UInt8(ascii: "\n")]
    let written = unsafe line.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    guard written == line.count else {
      throw SimulatorError("the ledger cannot grow: \(systemReason(errno))")
    }
  }
}
