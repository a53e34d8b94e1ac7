/// Every statement that runs on a batch file, by what it does.
enum Statements {
  static let insertBatch = """
    INSERT INTO batch (id, created_ms, input_kind, input_path) VALUES (1, ?, ?, ?)
    """

  static let takeOver = """
    UPDATE batch SET owner_pid = ?1, unknown = ?2, requests_sent = requests_sent + ?2,
      unanswered_nanos = max(unanswered_nanos, ?3) + ?4
    WHERE id = 1
    """

  static let input = """
    SELECT input_kind, input_path, input_device, input_inode, input_size, input_modified_ns
    FROM batch WHERE id = 1
    """

  static let recordIdentity = """
    UPDATE batch SET input_device = ?, input_inode = ?, input_size = ?, input_modified_ns = ?
    WHERE id = 1
    """

  static let segmentAfter = """
    SELECT segment, first_job, job_count, first_line, offset, length, digest, lines FROM segment
    WHERE segment > ? ORDER BY segment LIMIT 1
    """

  static let insertSegment = """
    INSERT INTO segment
      (first_job, job_count, first_line, offset, length, digest, lines, finished, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  static let growBatch = """
    UPDATE batch SET total = total + ?, failed = failed + ?, input_complete = ? WHERE id = 1
    """

  static let claimable = """
    SELECT segment, epoch, first_job, job_count, first_line, offset, length, digest, lines, finished
    FROM segment WHERE state < 2 AND (state = 0 OR lease_end_ms < ?) ORDER BY segment LIMIT ?
    """

  static let claimSegment = """
    UPDATE segment SET state = 1, epoch = epoch + 1, lease_end_ms = ? WHERE segment = ?
    """

  static let finishedJobs = "SELECT job FROM result WHERE job >= ? AND job < ?"

  static let retryableJobs = """
    SELECT job, attempts, not_before_ms, reason FROM retryable WHERE job >= ? AND job < ?
    """

  static let insertResult = """
    INSERT INTO result (job, state, line) VALUES (?, ?, ?) ON CONFLICT (job) DO NOTHING
    """

  static let upsertRetryable = """
    INSERT INTO retryable (job, attempts, not_before_ms, reason) VALUES (?, ?, ?, ?)
    ON CONFLICT (job) DO UPDATE SET
      attempts = excluded.attempts, not_before_ms = excluded.not_before_ms, reason = excluded.reason
    """

  static let deleteRetryable = "DELETE FROM retryable WHERE job = ?"

  static let progressSegment = """
    UPDATE segment SET
      finished = finished + ?1,
      state = CASE WHEN finished + ?1 >= job_count THEN 2 ELSE state END,
      lease_end_ms = CASE WHEN epoch = ?2 THEN ?3 ELSE lease_end_ms END
    WHERE segment = ?4 RETURNING epoch, state
    """

  static let renewSegment = """
    UPDATE segment SET lease_end_ms = ? WHERE segment = ? AND epoch = ? AND state = 1
    """

  static let releaseSegment = """
    UPDATE segment SET state = 0, lease_end_ms = 0 WHERE segment = ? AND epoch = ? AND state = 1
    """

  static let releaseAll = "UPDATE segment SET state = 0, lease_end_ms = 0 WHERE state = 1"

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
    SELECT sequence, job, state, line FROM result WHERE sequence > ? ORDER BY sequence LIMIT ?
    """

  static let orderedResults = """
    SELECT sequence, job, state, line FROM result WHERE job > ? AND state = ? ORDER BY job LIMIT ?
    """

  static let summary = """
    SELECT total, completed, failed, unknown, requests_sent, retries, rate_limited,
      input_tokens, output_tokens, cost_nanos, unanswered_nanos, unpriced, input_complete, accounts
    FROM batch WHERE id = 1
    """
}
