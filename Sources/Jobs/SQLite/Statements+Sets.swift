/// The statements that change many jobs at once.
extension Statements {
  static let causeOfSuspension = """
    SELECT cause FROM suspended WHERE job = ?
    """

  static let endSuspension = """
    DELETE FROM suspended WHERE job = ?
    """

  static let revise = """
    UPDATE batch SET revision = revision + 1 WHERE id = 1
    """

  /// Every number between a segment's first job and its last that has neither result nor place
  /// suspended; the numbers come from a counting query, since waiting jobs have no rows.
  static let cancelAll = """
    WITH RECURSIVE waiting (job, last) AS (
      SELECT first_job, first_job + job_count - 1 FROM segment WHERE state < 2
      UNION ALL SELECT job + 1, last FROM waiting WHERE job < last
    )
    INSERT INTO suspended (job, cause) SELECT job, ? FROM waiting
    WHERE NOT EXISTS (SELECT 1 FROM result WHERE result.job = waiting.job)
      AND NOT EXISTS (SELECT 1 FROM suspended WHERE suspended.job = waiting.job)
    """

  static let closeAll = """
    UPDATE segment SET finished = job_count, state = CASE state WHEN 0 THEN 2 ELSE state END
    WHERE state < 2
    """

  /// Jobs to be made available; `kind` is a result's state, 2 more than the cause of a suspension, or
  /// 0 for one that only waits for its next attempt.
  static let createChosen = """
    CREATE TEMP TABLE chosen (job INTEGER PRIMARY KEY, kind INTEGER NOT NULL)
    """

  static let chooseFailed = """
    INSERT INTO chosen SELECT job, state FROM result WHERE state = 2
    """

  static let chooseCause = """
    INSERT INTO chosen SELECT job, state FROM result WHERE state = 1 AND cause = ?
    """

  static let chooseSuspended = """
    INSERT INTO chosen SELECT job, 2 + cause FROM suspended
    """

  static let chooseJob = """
    INSERT INTO chosen
    SELECT job, state FROM result WHERE job = ?1
    UNION SELECT job, 2 + cause FROM suspended WHERE job = ?1
    UNION SELECT job, 0 FROM retryable WHERE job = ?1
      AND NOT EXISTS (SELECT 1 FROM result WHERE job = ?1)
      AND NOT EXISTS (SELECT 1 FROM suspended WHERE job = ?1)
    """

  /// A line that was too long to be kept, or is gone from the input, cannot be read again, so its
  /// job stays as it is.
  static let leaveUnreadable = """
    DELETE FROM chosen WHERE (
      SELECT lines IS NULL AND coalesce(length(digest), 0) = 0
        AND (length = 0 OR coalesce(length(marks), 0) = 0)
      FROM segment WHERE first_job <= job ORDER BY first_job DESC LIMIT 1
    )
    """

  static let reopenChosen = """
    DELETE FROM result WHERE job IN (SELECT job FROM chosen);
    \(LargeLine.dropForgotten);
    DELETE FROM suspended WHERE job IN (SELECT job FROM chosen);
    DELETE FROM retryable WHERE job IN (SELECT job FROM chosen);
    \(forgetExports);
    UPDATE batch SET
      completed = completed - (SELECT count(*) FROM chosen WHERE kind = 1),
      failed = failed - (SELECT count(*) FROM chosen WHERE kind = 2),
      cancelled = cancelled - (SELECT count(*) FROM chosen WHERE kind = 3),
      held = held - (SELECT count(*) FROM chosen WHERE kind = 4),
      revision = revision + 1
    WHERE id = 1;
    UPDATE segment SET
      finished = finished - reopened.jobs,
      state = CASE state WHEN 2 THEN 0 ELSE state END
    FROM (
      SELECT (SELECT segment FROM segment WHERE first_job <= job ORDER BY first_job DESC LIMIT 1)
        AS number, count(*) AS jobs
      FROM chosen WHERE kind > 0 GROUP BY number
    ) AS reopened
    WHERE segment.segment = reopened.number
    """
}
