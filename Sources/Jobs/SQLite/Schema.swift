/// The tables of a batch file, as the steps that lead from one version to the next.
///
/// A new file takes every step too, so that there is one way to each version. Hot rows are few: a
/// pending job has no row at all, only its segment has one. STRICT tables need SQLite 3.37.
enum Schema {
  /// Kept in `PRAGMA user_version`.
  static var version: Int { steps.count }
  /// "njar" in `PRAGMA application_id`, so that a foreign database is told apart.
  static let applicationID = 0x6E6A_6172

  /// What brings a file of version n to version n + 1, from an empty one on.
  static let steps = [first, workers, names, causes, digests, pieces]

  private static let first = """
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

  /// Version 2: several workers, priorities, cancelled and held jobs, and what the input was.
  ///
  /// The owner of a version 1 file kept its journals under the batch's own name, so it becomes a
  /// worker without a tag, who is recovered as any other.
  private static let workers = """
    CREATE TABLE worker (
      worker INTEGER PRIMARY KEY AUTOINCREMENT,
      pid INTEGER NOT NULL,
      started_ms INTEGER NOT NULL,
      boot TEXT NOT NULL,
      lease_end_ms INTEGER NOT NULL,
      tag TEXT NOT NULL,
      unanswered_nanos INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    INSERT INTO worker (pid, started_ms, boot, lease_end_ms, tag, unanswered_nanos)
      SELECT owner_pid, created_ms, '', 0, '', unanswered_nanos FROM batch;

    ALTER TABLE batch DROP COLUMN owner_pid;
    ALTER TABLE batch ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batch ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batch ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batch ADD COLUMN late_kept INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batch ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batch ADD COLUMN settings TEXT NOT NULL DEFAULT '';

    DROP INDEX segment_open;
    UPDATE segment SET state = 0 WHERE state = 1;
    ALTER TABLE segment DROP COLUMN lease_end_ms;
    ALTER TABLE segment ADD COLUMN worker INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE segment ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE segment ADD COLUMN marks BLOB;
    CREATE INDEX segment_available ON segment (priority DESC, segment) WHERE state = 0;
    CREATE INDEX segment_leased ON segment (worker) WHERE state = 1;
    CREATE UNIQUE INDEX segment_first_job ON segment (first_job);
    CREATE INDEX result_failed ON result (job) WHERE state = 2;

    CREATE TABLE aside (
      job INTEGER PRIMARY KEY,
      cause INTEGER NOT NULL CHECK (cause IN (1, 2))
    ) STRICT;

    CREATE TABLE job_id (
      id BLOB PRIMARY KEY,
      job INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  /// Version 3: cancelled and held jobs by the word for both.
  private static let names = "ALTER TABLE aside RENAME TO suspended"

  /// Version 4: why results are what they are; only those that are not as asked for have a cause.
  private static let causes = """
    ALTER TABLE result ADD COLUMN cause TEXT;
    CREATE INDEX result_cause ON result (state, cause) WHERE cause IS NOT NULL;
    """

  /// Version 5: what tells a line that was changed on the disk from the one that was stored.
  private static let digests = "ALTER TABLE result ADD COLUMN digest INTEGER"

  /// Version 6: large lines in a table of their own, and the last result that may have no digest,
  /// since it is older than they are.
  private static let pieces = """
    CREATE TABLE large_line (
      sequence INTEGER PRIMARY KEY,
      line BLOB NOT NULL
    ) STRICT;
    ALTER TABLE batch ADD COLUMN undigested INTEGER NOT NULL DEFAULT 0;
    UPDATE batch SET undigested = coalesce((SELECT max(sequence) FROM result), 0);
    """
}
