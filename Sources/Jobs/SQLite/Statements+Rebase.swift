/// The statements that take a batch from one version of its input to the next.
extension Statements {
  /// That there may be some is remembered: the files are still those of this batch.
  static let forgetExports = """
    INSERT INTO export (state, offset, sequence) VALUES (1, 0, 0), (2, 0, 0)
    ON CONFLICT (state) DO UPDATE SET offset = 0, sequence = 0
    """

  /// Without the lines, of which it is enough that there are any.
  static let segmentMarks = """
    SELECT segment, first_job, job_count, first_line, offset, length, priority, marks,
      CASE WHEN lines IS NULL THEN digest END AS digest,
      CASE WHEN lines IS NULL THEN NULL ELSE x'' END AS lines
    FROM segment ORDER BY first_job
    """

  static let moveInput = "UPDATE batch SET input_kind = ?, input_path = ? WHERE id = 1"

  static let jobsWithResult = """
    SELECT job FROM result ORDER BY job
    """

  static let failedJobs = """
    SELECT job FROM result WHERE state = 2
    """

  static let suspendedJobs = """
    SELECT job FROM suspended
    """

  static let createPlaces = """
    CREATE TEMP TABLE place (old INTEGER PRIMARY KEY, new INTEGER)
    """

  static let insertPlace = """
    INSERT INTO place (old, new) VALUES (?, ?)
    """

  static let countDropped = """
    UPDATE batch SET
      completed = completed - (
        SELECT count(*) FROM place JOIN result ON job = old WHERE new IS NULL AND state = 1),
      failed = failed - (
        SELECT count(*) FROM place JOIN result ON job = old WHERE new IS NULL AND state = 2),
      cancelled = cancelled - (
        SELECT count(*) FROM place JOIN suspended ON job = old WHERE new IS NULL AND cause = 1),
      held = held - (
        SELECT count(*) FROM place JOIN suspended ON job = old WHERE new IS NULL AND cause = 2)
    WHERE id = 1
    """

  static let dropResults = """
    DELETE FROM result WHERE job IN (SELECT old FROM place WHERE new IS NULL);
    \(LargeLine.dropForgotten)
    """

  static let dropPlaces = """
    DELETE FROM retryable WHERE job IN (SELECT old FROM place WHERE new IS NULL);
    DELETE FROM suspended WHERE job IN (SELECT old FROM place WHERE new IS NULL);
    DELETE FROM place WHERE new IS NULL
    """

  static func renumber(_ table: String) -> String {
    let digest = table == "result"
    return """
      UPDATE \(table) SET job = -1 - place.new\(digest ? ResultDigest.exchanging("job") : "")
      FROM place WHERE job = place.old;
      UPDATE \(table) SET job = -1 - job\(digest ? ResultDigest.exchanging("-1 - job") : "")
      WHERE job < 0
      """
  }

  static let clearSegments = """
    DELETE FROM segment;
    UPDATE batch SET total = 0 WHERE id = 1
    """

  /// After the jobs have their new numbers: which of them have ended, segment by segment.
  static let countFinished = """
    UPDATE segment SET finished =
      (SELECT count(*) FROM result WHERE job >= first_job AND job < first_job + job_count)
      + (SELECT count(*) FROM suspended WHERE job >= first_job AND job < first_job + job_count);
    UPDATE segment SET state = CASE WHEN finished >= job_count THEN 2 ELSE 0 END
    """

  static let settings = """
    SELECT settings FROM batch WHERE id = 1
    """

  static let recordSettings = """
    UPDATE batch SET settings = ? WHERE id = 1
    """

  static let wasSent = """
    SELECT requests_sent + completed + unknown + unanswered_nanos > 0 FROM batch WHERE id = 1
    """

  static let forgetJobs = """
    DELETE FROM segment;
    DELETE FROM result;
    DELETE FROM large_line;
    DELETE FROM retryable;
    DELETE FROM suspended
    """

  /// After all jobs were forgotten.
  static let takeInput = """
    UPDATE batch SET input_kind = ?, input_path = ?, input_device = 0, input_inode = 0,
      input_size = 0, input_modified_ns = 0, input_complete = 0, total = 0, failed = 0,
      cancelled = 0, held = 0, settings = '', revision = revision + 1
    WHERE id = 1
    """
}
