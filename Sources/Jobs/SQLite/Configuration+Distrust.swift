import CSQLite
import GRDB

extension Configuration {
  /// A connection that reads a file as anybody may have written it: nothing in it is run, and a page
  /// that cannot be right is an error (sqlite.org/security.html).
  ///
  /// - Parameter salvages: whether to read what there is of a file that lacks its end; such a
  ///   connection must not write.
  static func distrusting(label: String, salvages: Bool = false) -> Configuration {
    var configuration = Configuration()
    configuration.label = label
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      let status = unsafe nightjar_distrust_file(db.sqliteConnection, salvages ? 0 : 1)
      guard status == 0 else { throw DatabaseError(resultCode: ResultCode(rawValue: status)) }
      try db.execute(sql: "PRAGMA cell_size_check = ON")
      // SQLite opens such a file for those alone who may repair it (sqlite.org/pragma.html).
      if salvages { try db.execute(sql: "PRAGMA writable_schema = ON") }
    }
    return configuration
  }
}
