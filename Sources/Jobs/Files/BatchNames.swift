/// Which files are those of batches, told by their names.
package enum BatchNames {
  /// The batches that would show results in a file, by its name and theirs, where they lie beside it.
  ///
  /// - Parameter file: its path.
  package static func showing(_ file: String) -> [String] {
    let ending = ".failed.jsonl"
    guard file.hasSuffix(ending) else { return [file + ".nightjar"] }
    let stem = file.dropLast(ending.count)
    return [file + ".nightjar", stem + ".jsonl.nightjar", stem + ".nightjar"]
  }

  /// True for a batch, the files beside it, and the results that it shows.
  ///
  /// - Parameter exists: whether there is a file of another name beside it.
  static func contain(_ name: String, exists: (String) -> Bool) -> Bool {
    if name.hasSuffix(".nightjar") || name.contains(".nightjar-") { return true }
    return showing(name).contains(where: exists)
  }

  /// True for the files beside a batch that may have any name.
  static func contain(_ name: String, beside batch: String) -> Bool {
    name.hasPrefix(batch + "-") && endings.contains(where: name.hasSuffix)
  }

  /// The names that a batch can have beside which a file of this name lies.
  static func batches(beside name: String) -> [String] {
    guard endings.contains(where: name.hasSuffix) else { return [] }
    return name.indices.filter { name[$0] == "-" }.map { String(name[..<$0]) }
  }

  private static let endings = [
    "-wal", "-shm", "-journal", "-audit", "-exports", "-paused", "-sent", "-answers1",
    "-answers2", "-reserve",
  ]
}
