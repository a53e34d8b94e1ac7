import FoundationEssentials

/// Files that a shell has put in place of a pattern.
struct ExpandedPattern {
  let count: Int
  /// A pattern that takes them all.
  let pattern: String

  /// Nil where the arguments name no two files of one folder with one ending.
  init?(in arguments: [String]) {
    let files = arguments.dropFirst().filter {
      !$0.hasPrefix("-") && FileManager.default.fileExists(atPath: $0)
    }
    let patterns = Dictionary(grouping: files) { file in
      let path = file.split(separator: "/", omittingEmptySubsequences: false)
      let folder = path.dropLast().joined(separator: "/")
      let ending = path.last?.split(separator: ".").last.map { "." + $0 } ?? ""
      return (folder.isEmpty ? "." : folder) + "/*" + ending
    }
    guard let (pattern, files) = patterns.max(by: { $0.value.count < $1.value.count }),
      files.count > 1
    else { return nil }
    (count, self.pattern) = (files.count, pattern)
  }
}
