import FoundationEssentials

/// A file of the repository, with its Swift code told apart from comments and literals.
struct SourceFile {
  /// Relative to the root of the repository.
  let path: String
  let lines: [String]
  /// As `lines`, with comments, string contents and raw identifiers blanked.
  let code: [String]
  /// Indices of the lines on which a comment stands.
  let commented: Set<Int>

  init(path: String, text: String) {
    self.path = path
    lines = Self.split(text)
    guard path.hasSuffix(".swift") else {
      code = lines
      commented = []
      return
    }
    var scanner = CodeScanner(text)
    code = Self.split(scanner.code())
    commented = scanner.commented
  }

  /// `Sources/Jobs/Queue.swift` stands in `Jobs`.
  var room: String {
    let folders = path.split(separator: "/")
    return folders.count > 2 ? String(folders[1]) : ""
  }

  func finding(_ line: Int, _ message: String) -> Finding {
    Finding(path: path, line: line + 1, message: message)
  }

  private static func split(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

/// A place where a rule does not hold.
struct Finding: CustomStringConvertible {
  let path: String
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}

/// The checkout that this file stands in.
enum Repository {
  static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  static let sources = swiftFiles(under: "Sources")
  static let tests = swiftFiles(under: "Tests")

  static func text(_ path: String) -> String? {
    let bytes = FileManager.default.contents(atPath: "\(root)/\(path)")
    return bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(root)/\(path)")
  }

  /// Paths of the files below a folder, relative to the root, sorted.
  static func files(under folder: String) -> [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
    return names.map { "\(folder)/\($0)" }.sorted()
  }

  /// Everything a person wrote to be read: sources, tests, scripts, jobs, examples and documents.
  static let written = {
    let endings = [".swift", ".h", ".c", ".py", ".md", ".yaml", ".modulemap", "Makefile"]
    let folders = ["Sources", "Tests", "scripts", "jobs", "examples", "docs"].flatMap(files(under:))
    let top = [
      "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "Makefile", "Package.swift",
    ]
    let readable = (folders + top).filter { path in
      endings.contains { path.hasSuffix($0) } || path.hasPrefix("scripts/")
    }
    return readable.compactMap { path in
      text(path).map { SourceFile(path: path, text: $0) }
    }
  }()

  private static func swiftFiles(under folder: String) -> [SourceFile] {
    files(under: folder).filter { $0.hasSuffix(".swift") }.compactMap { path in
      text(path).map { SourceFile(path: path, text: $0) }
    }
  }
}
