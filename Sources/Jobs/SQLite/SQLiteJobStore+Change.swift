import Foundation
import GRDB

extension SQLiteJobStore {
  /// Opens a batch that is there, to change which of its jobs are to be done.
  ///
  /// - Throws: ``StoreError``; `.owned` while a run works on it, which a queue allows.
  package convenience init(changing path: String) throws(StoreError) {
    let input = try Self.input(of: path)
    try self.init(path: path, input: input, access: input.kind == .queue ? .shared : .owner)
  }

  private static func input(of path: String) throws(StoreError) -> BatchInput {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StoreError(
        .inputMissing,
        "there is no batch here",
        at: path,
        next: "name the output of a run (such as results.jsonl), its job file, or a queue"
      )
    }
    do {
      var configuration = Configuration()
      configuration.readonly = true
      let database = try DatabaseQueue(path: path, configuration: configuration)
      return try database.read { db in
        try BatchFile.checkFormat(db, path: path)
        return try BatchFile.input(of: db)
      }
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// The numbers of jobs in a queue by their ids; ids that no job has are missing.
  package func jobs(withIDs ids: [String]) async throws -> [String: Int] {
    try await reading { db in
      let find = try db.cachedStatement(sql: Statements.jobOfID)
      let found = try ids.compactMap { id in
        try Int.fetchOne(find, arguments: [id]).map { (id, $0) }
      }
      return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }
  }
}
