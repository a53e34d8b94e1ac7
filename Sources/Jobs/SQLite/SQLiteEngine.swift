import Foundation

/// Keeps each batch in one SQLite file.
package struct SQLiteEngine: BatchEngine {
  package init() {}

  package func keeps(_ place: String) -> Bool { true }

  package func isBatch(_ place: String) -> Bool {
    guard FileKind(following: place) == .regular else { return false }
    let file = FileHandle(forReadingAtPath: place)
    let start = try? file?.read(upToCount: 16)
    return start.map { $0.starts(with: Data("SQLite format 3".utf8)) } ?? false
  }

  package func open(
    _ place: String,
    input: BatchInput?,
    as role: BatchRole,
    onWait: @escaping @Sendable (LockWait) -> Void
  ) throws(StoreError) -> any BatchStore {
    let input =
      if let input { input } else {
        try BatchReader(path: place).read { db in try BatchFile.input(of: db) }
      }
    let access: BatchAccess = input.kind == .queue ? .shared : .owner
    switch role {
    case .worker(let lease, let onUnknown):
      return try SQLiteJobStore(
        path: place,
        input: input,
        access: access,
        lease: lease,
        onUnknown: onUnknown,
        onWait: onWait
      )
    case .producer:
      return try SQLiteJobStore(
        path: place,
        input: input,
        access: access,
        isWorker: false,
        onWait: onWait
      )
    case .visitor:
      return try SQLiteJobStore(
        path: place,
        input: input,
        access: access,
        isWorker: false,
        onUnknown: nil,
        onWait: onWait
      )
    }
  }

  package func inspect(_ place: String) throws(StoreError) -> any BatchInspector {
    try SQLiteInspector(path: place)
  }
}
