import Foundation
import GRDB

extension StoreError {
  /// Says what a failure of SQLite means for the user.
  init(_ error: any Error, at path: String) {
    if let error = error as? StoreError {
      self = error
      return
    }
    let code = (error as? DatabaseError)?.resultCode
    let text = (error as? DatabaseError)?.message ?? String(describing: error)
    switch code {
    case .SQLITE_FULL:
      self.init(
        .diskFull,
        "the disk is full",
        at: path,
        next: "free some space and run the same command; finished jobs will not be sent again"
      )
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
      self.init(
        .notWritable,
        "the batch file cannot be written: \(text)",
        at: path,
        next: "choose an output in a folder that you can write to"
      )
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self.init(
        .damaged,
        "the batch file is damaged: \(text)",
        at: path,
        next: "keep a copy of it, then start again with another output"
      )
    default:
      self.init(
        .inputOutput,
        "the batch file failed: \(text)",
        at: path,
        next: "check the disk and run the same command"
      )
    }
  }
}
