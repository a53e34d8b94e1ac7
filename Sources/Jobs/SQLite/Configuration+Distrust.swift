import CSQLite
import GRDB

extension Configuration {
  /// A connection that reads a file as anybody may have written it: nothing in it is run, and a page
  /// that cannot be right is an error (sqlite.org/security.html).
  static func distrusting(label: String) -> Configuration {
    var configuration = Configuration()
    configuration.label = label
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      let status = unsafe nightjar_distrust_file(db.sqliteConnection)
      guard status == 0 else { throw DatabaseError(resultCode: ResultCode(rawValue: status)) }
      try db.execute(sql: "PRAGMA cell_size_check = ON")
    }
    return configuration
  }
}
