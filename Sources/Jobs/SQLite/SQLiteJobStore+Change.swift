import Foundation
import GRDB

extension SQLiteJobStore {
  /// Opens a batch that is there, to change which of its jobs are to be done.
  ///
  /// - Throws: ``StoreError``; `.owned` while a run works on it, which a queue allows.
  package convenience init(changing path: String) throws(StoreError) {
    let input = try BatchReader(path: path).read { db in try BatchFile.input(of: db) }
    let access: BatchAccess = input.kind == .queue ? .shared : .owner
    try self.init(path: path, input: input, access: access, isWorker: false, onUnknown: nil)
  }

  /// The numbers of jobs in a queue by their ids; ids that no job has are missing.
  package func jobs(withIDs ids: [String]) async throws -> [String: Int] {
    try await reading { db in
      let find = try db.cachedStatement(sql: Statements.jobOfID)
      let found = try ids.compactMap { id in
        try Int.fetchOne(find, arguments: [Data(id.utf8)]).map { (id, $0) }
      }
      return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }
  }
}
