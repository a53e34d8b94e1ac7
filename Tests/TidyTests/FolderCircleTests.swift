import Testing

/// Folders of a room that need each other, directly or by way of others, as far as names tell: what
/// a folder defines at top level and another one names.
enum FolderCircles {
  /// Rooms that are not held to it yet, and what stands in the way.
  static let exempt: [String: String] = [:]

  /// Which folders a folder names things of, each with one such name and the file that does.
  typealias Uses = [String: [String: String]]

  static func uses(_ files: [SourceFile]) -> Uses {
    let folders = Dictionary(grouping: files) { folder(of: $0) ?? "" }.filter { $0.key != "" }
    let defined = folders.mapValues { names(in: $0, isNested: false) }
    let nested = folders.mapValues { names(in: $0, isNested: true) }
    var owners: [String: [String]] = [:]
    for (folder, names) in defined {
      for name in names { owners[name, default: []].append(folder) }
    }
    var uses: Uses = [:]
    for (folder, files) in folders {
      let own = (defined[folder] ?? []).union(nested[folder] ?? [])
      for file in files {
        for name in mentions(in: file) where !own.contains(name) {
          for owner in owners[name] ?? [] where owner != folder && room(owner) == room(folder) {
            uses[folder, default: [:]][owner] = "\(name) in \(file.path)"
          }
        }
      }
    }
    return uses
  }

  /// Pairs of folders of which each is reached from the other.
  static func circles(_ uses: Uses) -> [String] {
    var found: [String] = []
    for (folder, direct) in uses {
      for (other, why) in direct where reached(from: other, uses).contains(folder) {
        found.append("\(folder) needs \(other) (\(why)), which needs it in turn")
      }
    }
    return found.sorted()
  }

  private static func reached(from start: String, _ uses: Uses) -> Set<String> {
    var reached: Set<String> = []
    var next = [start]
    while let folder = next.popLast() {
      for other in (uses[folder] ?? [:]).keys where reached.insert(other).inserted {
        next.append(other)
      }
    }
    return reached
  }

  /// `Sources/Runner/Input/JobReader.swift` stands in `Runner/Input`; nil for one beside the folders.
  private static func folder(of file: SourceFile) -> String? {
    let parts = file.path.split(separator: "/")
    return parts.count > 3 ? "\(parts[1])/\(parts[2])" : nil
  }

  private static func room(_ folder: String) -> Substring { folder.prefix { $0 != "/" } }

  private static let kinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "actor", "typealias", "func", "let", "var",
  ]

  /// Names that are declared on lines that are indented, or on those that are not.
  private static func names(in files: [SourceFile], isNested: Bool) -> Set<String> {
    var names: Set<String> = []
    for line in files.flatMap(\.code) where line.hasPrefix(" ") == isNested {
      let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      guard let kind = words.firstIndex(where: kinds.contains), kind + 1 < words.count,
        isNested || !words[..<kind].contains(where: { $0 == "private" || $0 == "fileprivate" })
      else { continue }
      names.insert(String(words[kind + 1]))
    }
    return names
  }

  /// Types that stand without a dot before them, and functions that are called so.
  private static func mentions(in file: SourceFile) -> Set<String> {
    var mentions: Set<String> = []
    for line in file.code {
      var before: Character = " "
      var word = ""
      for character in line + " " {
        if character.isLetter || character.isNumber || character == "_" {
          word.append(character)
          continue
        }
        if before != ".", word.first?.isUppercase == true || character == "(" {
          mentions.insert(word)
        }
        before = character
        word = ""
      }
    }
    return mentions
  }
}

@Suite struct FolderCircleTests {
  @Test func `no two folders of a room depend on each other in a circle`() {
    let held = Repository.sources.filter { FolderCircles.exempt[$0.room] == nil }
    let circles = FolderCircles.circles(FolderCircles.uses(held))
    #expect(circles.isEmpty, "\(circles.joined(separator: "\n"))")
  }

  private func uses(_ texts: [String: String]) -> FolderCircles.Uses {
    FolderCircles.uses(texts.map { SourceFile(path: "Sources/\($0).swift", text: $1) })
  }

  @Test func `a circle of three folders is found`() {
    let uses = uses([
      "R/A/a": "struct First {\n  let second: Second\n}\n",
      "R/B/b": "package struct Second {\n  let x = third()\n}\n",
      "R/C/c": "func third() -> First {}\n",
    ])
    #expect(FolderCircles.circles(uses).count == 3)
  }

  @Test func `names of one's own, of another room and after a dot make no circle`() {
    let uses = uses([
      "R/A/a": "struct First {\n  let second: Second\n}\n",
      "R/B/b": "struct Second {\n  struct First {}\n  let a: First\n}\n",
      "Q/B/b": "struct Third {\n  let a: First\n}\n",
      "R/B/c": "private struct Fourth {}\n",
      "R/C/c": "struct Fifth {\n  let a: Some.Second\n  let b: Fourth\n}\n",
    ])
    #expect(FolderCircles.circles(uses).isEmpty)
    #expect(uses.keys.sorted() == ["R/A"])
  }
}
