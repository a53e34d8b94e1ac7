/// The tables of a batch file, version 1.
///
/// Hot rows are few: a pending job has no row at all, only its segment has one. STRICT tables need
/// SQLite 3.37.
enum Schema {
  /// Kept in `PRAGMA user_version`.
  static let version = 1
  /// "njar" in `PRAGMA application_id`, so that a foreign database is told apart.
  static let applicationID = 0x6E6A_6172

  static let tables = """
    CREATE TABLE batch (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      created_ms INTEGER NOT NULL,
      owner_pid INTEGER NOT NULL DEFAULT 0,
      input_kind TEXT NOT NULL,
      input_path TEXT NOT NULL,
      input_device INTEGER NOT NULL DEFAULT 0,
      input_inode INTEGER NOT NULL DEFAULT 0,
      input_size INTEGER NOT NULL DEFAULT 0,
      input_modified_ns INTEGER NOT NULL DEFAULT 0,
      input_complete INTEGER NOT NULL DEFAULT 0,
      total INTEGER NOT NULL DEFAULT 0,
      completed INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0,
      unknown INTEGER NOT NULL DEFAULT 0,
      requests_sent INTEGER NOT NULL DEFAULT 0,
      retries INTEGER NOT NULL DEFAULT 0,
      rate_limited INTEGER NOT NULL DEFAULT 0,
      input_tokens INTEGER NOT NULL DEFAULT 0,
      output_tokens INTEGER NOT NULL DEFAULT 0,
      cost_nanos INTEGER NOT NULL DEFAULT 0,
      unanswered_nanos INTEGER NOT NULL DEFAULT 0,
      unpriced INTEGER NOT NULL DEFAULT 0,
      accounts TEXT NOT NULL DEFAULT ''
    ) STRICT;

    CREATE TABLE segment (
      segment INTEGER PRIMARY KEY,
      first_job INTEGER NOT NULL,
      job_count INTEGER NOT NULL,
      first_line INTEGER NOT NULL,
      offset INTEGER NOT NULL,
      length INTEGER NOT NULL,
      digest BLOB,
      lines BLOB,
      state INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2)),
      epoch INTEGER NOT NULL DEFAULT 0,
      lease_end_ms INTEGER NOT NULL DEFAULT 0,
      finished INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX segment_open ON segment (segment) WHERE state < 2;

    CREATE TABLE retryable (
      job INTEGER PRIMARY KEY,
      attempts INTEGER NOT NULL,
      not_before_ms INTEGER NOT NULL,
      reason TEXT NOT NULL
    ) STRICT;

    CREATE TABLE result (
      sequence INTEGER PRIMARY KEY,
      job INTEGER NOT NULL UNIQUE,
      state INTEGER NOT NULL CHECK (state IN (1, 2)),
      line BLOB NOT NULL
    ) STRICT;

    CREATE TABLE export (
      state INTEGER PRIMARY KEY CHECK (state IN (1, 2)),
      offset INTEGER NOT NULL,
      sequence INTEGER NOT NULL
    ) STRICT;
    """
}
