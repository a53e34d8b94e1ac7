import Synchronization

/// An append-only text file that says which key served what, and what happened to the keys.
///
/// Each line is a JSON object, and holds the hash of the line before, so that nobody can change,
/// drop or insert a line in the middle without giving all later lines other hashes; see
/// `AuditChain` for the rule. Whoever has noted the hash of the last line elsewhere can tell later
/// whether the log up to there is still the same; without such a note, a log that was cut short,
/// or written anew from the start, cannot be told from a true one.
///
/// Anybody can check a log:
///
/// ```python
/// import hashlib, json, sys
/// head = "0" * 64
/// for number, line in enumerate(open(sys.argv[1], "rb"), 1):
///     entry = json.loads(line)
///     covered = line.rstrip(b"\n")[:-75] + b"}"  # the line without its ,"hash":"…"
///     assert entry["seq"] == number and entry["prev"] == head, number
///     assert entry["hash"] == hashlib.sha256(covered).hexdigest(), number
///     head = entry["hash"]
/// print(number, "entries, head", head)
/// ```
///
/// All calls may come from any thread. Several processes may write to one log.
package final class AuditLog: Sendable {
  /// How far the file was read or written.
  private struct Position {
    var chain: AuditChain
    var end: Int
  }

  /// The file.
  package let path: String

  private let file: AuditFile
  private let position: Mutex<Position>
  private let now: @Sendable () -> Int64

  /// Opens a log, or makes an empty one with mode 0600; reads no more than its tail.
  ///
  /// - Parameters:
  ///   - path: the file, which must not be a symbolic link, nor open to other users.
  ///   - now: the clock, in milliseconds since 1970; replaceable in tests.
  /// - Throws: ``KeySourceError`` of kind `cannotWrite` when it cannot be written, or its last
  ///   line is not a whole and true one.
  package init(
    _ path: String,
    now: @escaping @Sendable () -> Int64 = Timestamp.now
  ) throws(KeySourceError) {
    self.path = path
    self.now = now
    file = try AuditFile(appendingTo: path)
    position = Mutex(Position(chain: AuditChain(), end: 0))
    try append([])
  }

  /// Adds entries in one write: all of them, or none when it fails.
  ///
  /// Takes some microseconds and does not wait for the disk; see ``sync()``. A line that a crash
  /// had left unfinished is cut off first, and so are lines from the first on of which a power cut
  /// took a part; an entry says so.
  ///
  /// - Throws: ``KeySourceError`` of kind `cannotWrite`.
  package func append(_ entries: [AuditEntry]) throws(KeySourceError) {
    try position.withLock { position throws(KeySourceError) in
      try file.locked { () throws(KeySourceError) in
        let torn = try catchUp(&position)
        let entries = (torn > 0 ? [.repaired(cutting: torn)] : []) + entries
        guard !entries.isEmpty else { return }
        var chain = position.chain
        let time = now()
        let lines = entries.flatMap { chain.append($0, at: time) }
        try file.append(lines, at: position.end)
        position = Position(chain: chain, end: position.end + lines.count)
      }
    }
  }

  /// Waits until everything appended so far is on disk.
  ///
  /// - Throws: ``KeySourceError`` of kind `cannotWrite`.
  package func sync() throws(KeySourceError) {
    try file.sync()
  }

  /// Takes in what another process wrote since.
  ///
  /// - Returns: how many bytes of torn lines were cut off.
  private func catchUp(_ position: inout Position) throws(KeySourceError) -> Int {
    let size = try file.size()
    guard size != position.end else { return 0 }
    let written = try file.sizeBeforeHole(from: position.end, to: size)
    let (line, end) = try file.lastLine(before: written)
    do throws(AuditChain.Break) {
      let chain = try line.map { line throws(AuditChain.Break) in
        try AuditChain(endingIn: line[...])
      }
      position = Position(chain: chain ?? AuditChain(), end: end)
    } catch {
      throw KeySourceError(
        .cannotWrite,
        "the audit log \(path) cannot be continued: the last line is damaged, \(error.why); "
          + "move the file away and keep it, a new one is begun then"
      )
    }
    if end < size { try file.cut(to: end) }
    return size - end
  }
}
