/// Every statement that runs on a batch file, by what it does.
enum Statements {
  static let insertBatch = """
    INSERT INTO batch (id, created_ms, input_kind, input_path) VALUES (1, ?, ?, ?)
    """

  static let countUnknown = """
    UPDATE batch SET unknown = unknown + ?, requests_sent = requests_sent + ?,
      unanswered_nanos = unanswered_nanos + ?
    WHERE id = 1
    """

  static let input = """
    SELECT input_kind, input_path, input_device, input_inode, input_size, input_modified_ns
    FROM batch WHERE id = 1
    """

  /// Whether segments, by their jobs, leave some out, have some twice, or are closed too early; asked
  /// of the table, since of a damaged batch an index may say something else.
  static let hasGaps = """
    SELECT coalesce(max(
        first_job <> expected OR job_count < 1 OR (state = 2 AND finished < job_count)), 0)
      OR total(job_count) <> (SELECT total FROM batch WHERE id = 1)
    FROM (
      SELECT first_job, job_count, state, finished,
        lag(first_job + job_count, 1, 0) OVER (ORDER BY first_job) AS expected
      FROM segment NOT INDEXED
    )
    """

  static let recordIdentity = """
    UPDATE batch SET input_device = ?, input_inode = ?, input_size = ?, input_modified_ns = ?
    WHERE id = 1
    """

  static let segmentsAfter = """
    SELECT segment, first_job, job_count, first_line, offset, length, digest, lines, priority, marks
    FROM segment WHERE segment > ? ORDER BY segment LIMIT ?
    """

  static let insertSegment = """
    INSERT INTO segment
      (first_job, job_count, first_line, offset, length, digest, lines, finished, state, priority,
        marks)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  /// The mark of a job, 16 bytes among those of its segment.
  static let mark = """
    SELECT first_job, substr(marks, 1 + 16 * (?1 - first_job), 16) AS mark FROM segment
    WHERE segment = ?2 AND first_job <= ?1
    """

  static let marks = "SELECT marks FROM segment WHERE segment = ?"

  static let updateMarks = "UPDATE segment SET marks = ? WHERE segment = ?"

  static let insertID = "INSERT INTO job_id (id, job) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"

  static let jobOfID = "SELECT job FROM job_id WHERE id = ?"

  static let growBatch = """
    UPDATE batch SET total = total + ?, failed = failed + ?, input_complete = ? WHERE id = 1
    """

  static let available = """
    SELECT count(*) FROM (SELECT 1 FROM segment WHERE state = 0 LIMIT ?)
    """

  static let claimable = """
    SELECT segment, epoch, first_job, job_count, first_line, offset, length, digest, lines, finished,
      priority, marks
    FROM segment WHERE state = 0 ORDER BY priority DESC, segment LIMIT ?
    """

  static let claimSegment = """
    UPDATE segment SET state = 1, epoch = epoch + 1, worker = ? WHERE segment = ?
    """

  static let finishedJobs = """
    SELECT job FROM result WHERE job >= ?1 AND job < ?2
    UNION ALL SELECT job FROM suspended WHERE job >= ?1 AND job < ?2
    """

  static let retryableJobs = """
    SELECT job, attempts, not_before_ms, reason FROM retryable WHERE job >= ? AND job < ?
    """

  static let insertResult = """
    INSERT INTO result (job, state, line, cause, digest) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (job) DO NOTHING
    """

  static let delayed = """
    SELECT count(*) AS jobs, min(not_before_ms) AS next FROM retryable WHERE not_before_ms > ?
      AND NOT EXISTS (SELECT 1 FROM result WHERE result.job = retryable.job)
      AND NOT EXISTS (SELECT 1 FROM suspended WHERE suspended.job = retryable.job)
    """

  static let upsertRetryable = """
    INSERT INTO retryable (job, attempts, not_before_ms, reason) VALUES (?, ?, ?, ?)
    ON CONFLICT (job) DO UPDATE SET
      attempts = excluded.attempts, not_before_ms = excluded.not_before_ms, reason = excluded.reason
    """

  static let deleteRetryable = "DELETE FROM retryable WHERE job = ?"

  static let segmentEpoch = """
    SELECT epoch FROM segment WHERE segment = ?
    """

  /// A segment that is leased closes only by its holder (`?3`), who is to hear of every job that goes.
  static let progressSegment = """
    UPDATE segment SET
      finished = finished + ?1,
      state = CASE WHEN finished + ?1 >= job_count AND (state = 0 OR ?3) THEN 2 ELSE state END
    WHERE segment = ?2 RETURNING state
    """

  static let renewWorker = """
    UPDATE worker SET
      lease_end_ms = max(lease_end_ms, ?), unanswered_nanos = unanswered_nanos + ?
    WHERE worker = ?
    """

  static let releaseSegment = """
    UPDATE segment SET state = CASE WHEN finished >= job_count THEN 2 ELSE 0 END, worker = 0
    WHERE segment = ? AND epoch = ? AND state = 1
    """

  static let releaseAll = """
    UPDATE segment SET
      state = CASE WHEN finished >= job_count THEN 2 ELSE 0 END, worker = 0, epoch = epoch + 1
    WHERE worker = ? AND state = 1
    """

  static let join = """
    INSERT INTO worker (pid, started_ms, boot, lease_end_ms, tag, unanswered_nanos)
    VALUES (?, ?, ?, ?, ?, ?)
    """

  static let tagWorker = """
    UPDATE worker SET tag = ? WHERE worker = ?
    """

  static let leave = """
    DELETE FROM worker WHERE worker = ?
    """

  static let workers = """
    SELECT worker, pid, started_ms, boot, lease_end_ms, tag, unanswered_nanos FROM worker ORDER BY worker
    """

  static let hasSuspended = """
    SELECT cancelled + held > 0 FROM batch WHERE id = 1
    """

  static let suspend = """
    INSERT INTO suspended (job, cause) VALUES (?, ?) ON CONFLICT (job) DO NOTHING
    """

  static let countSuspended = """
    UPDATE batch SET cancelled = cancelled + ?, held = held + ? WHERE id = 1
    """

  static let suspendedOfWorker = """
    SELECT suspended.job FROM segment
    JOIN suspended ON suspended.job >= first_job AND suspended.job < first_job + job_count
    WHERE worker = ? AND state = 1
    """

  static let segmentOfJob = """
    SELECT segment FROM (
      SELECT segment, first_job + job_count AS end FROM segment
      WHERE first_job <= ?1 ORDER BY first_job DESC LIMIT 1
    ) WHERE ?1 < end
    """

  static let revision = """
    SELECT revision FROM batch WHERE id = 1
    """

  static let countLate = """
    UPDATE batch SET late = late + ?, late_kept = late_kept + ? WHERE id = 1
    """

  static let countResults = """
    UPDATE batch SET completed = completed + ?, failed = failed + ?, requests_sent = requests_sent + ?,
      retries = retries + ?, rate_limited = rate_limited + ?,
      input_tokens = input_tokens + ?, output_tokens = output_tokens + ?,
      cost_nanos = cost_nanos + ?, unanswered_nanos = unanswered_nanos + ?, unpriced = unpriced + ?
    WHERE id = 1
    """

  static let upsertExport = """
    INSERT INTO export (state, offset, sequence) VALUES (?, ?, ?)
    ON CONFLICT (state) DO UPDATE SET offset = excluded.offset, sequence = excluded.sequence
    """

  static let recordAccounts = "UPDATE batch SET accounts = ? WHERE id = 1"

  static let exportPositions = "SELECT state, offset, sequence FROM export ORDER BY state"

  static let results = """
    SELECT sequence, job, state, line, digest FROM result WHERE sequence > ? ORDER BY sequence LIMIT ?
    """

  static let orderedResults = """
    SELECT sequence, job, state, line, digest FROM result WHERE job > ? AND state = ? ORDER BY job LIMIT ?
    """

  /// Counted from the index alone; a batch may have millions of results.
  static let causes = """
    SELECT state, cause, count(*) AS jobs, min(sequence) AS first FROM result
    WHERE cause IS NOT NULL GROUP BY state, cause ORDER BY jobs DESC, first LIMIT ?
    """

  static let resultOf = """
    SELECT 1 FROM result WHERE job = ?
    """

  static let summary = """
    SELECT total, completed, failed, cancelled, held, unknown, late, late_kept, requests_sent, retries, rate_limited,
      input_tokens, output_tokens, cost_nanos, unanswered_nanos, unpriced, input_complete, accounts,
      input_kind
    FROM batch WHERE id = 1
    """
}
