extension SQLiteInspector {
  package func segments(
    after segment: Int,
    limit: Int
  ) throws(StoreError) -> [(number: Int, segment: Segment)] {
    try reader.read { db in try SQLiteJobStore.segments(after: segment, limit: limit, in: db) }
  }

  package func inputIdentity() throws(StoreError) -> FileIdentity? {
    try reader.read { db in try SQLiteJobStore.inputIdentity(in: db) }
  }

  package func storedJobs() throws(StoreError) -> StoredJobs {
    try reader.read { db in try SQLiteJobStore.storedJobs(in: db) }
  }

  package func settings() throws(StoreError) -> String {
    try reader.read { db in try SQLiteJobStore.settings(in: db) }
  }
}
