/// Which files are those of batches, told by their names.
enum BatchNames {
  /// True for a batch, the files beside it, and the results that it shows.
  ///
  /// - Parameter exists: whether there is a file of another name beside it.
  static func contain(_ name: String, exists: (String) -> Bool) -> Bool {
    if name.hasSuffix(".nightjar") || name.contains(".nightjar-") { return true }
    if exists(name + ".nightjar") { return true }
    guard name.hasSuffix(".failed.jsonl") else { return false }
    let stem = name.dropLast(".failed.jsonl".count)
    return exists(stem + ".jsonl.nightjar") || exists(stem + ".nightjar")
  }

  /// True for the files beside a batch that may have any name.
  static func contain(_ name: String, beside batch: String) -> Bool {
    guard name.hasPrefix(batch + "-") else { return false }
    let endings = [
      "-wal", "-shm", "-journal", "-audit", "-exports", "-paused", "-sent", "-answers1",
      "-answers2", "-reserve",
    ]
    return endings.contains(where: name.hasSuffix)
  }
}
