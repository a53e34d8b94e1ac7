import Glibc

/// A pattern for paths, such as `**/*.txt`.
///
/// Each of its parts matches one part of a path (glob(7)), and `**` any number of folders, none
/// included; `{png,jpg}` stands for either. What is hidden matches only a part that begins with a
/// period too.
package struct DocumentPattern: Sendable {
  /// The parts of each pattern that its braces stand for.
  private let choices: [[String]]

  /// - Parameter text: such as `**/*.txt`.
  package init(_ text: String) {
    choices = Self.choices(of: text[...]).map { $0.split(separator: "/").map(String.init) }
  }

  /// True where hidden files or folders are asked for.
  var namesHidden: Bool { choices.joined().contains { $0.hasPrefix(".") } }

  package func matches(_ path: String) -> Bool {
    choices.contains { Self.matches(path, $0) }
  }

  /// As many patterns as are made of one; what has more choices is taken as it stands.
  private static let mostChoices = 256

  /// The patterns without braces that one stands for, of braces that are not within others.
  private static func choices(of text: Substring) -> [String] {
    var made = [""]
    var rest = text
    while let opening = rest.firstIndex(of: "{"),
      let closing = rest[opening...].firstIndex(of: "}")
    {
      let inner = rest[rest.index(after: opening)..<closing]
      let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
      let before = rest[..<opening]
      let here = parts.count > 1 ? parts.map { before + $0 } : [rest[...closing]]
      guard made.count * here.count <= mostChoices else { break }
      made = made.flatMap { start in here.map { start + $0 } }
      rest = rest[rest.index(after: closing)...]
    }
    return made.map { $0 + rest }
  }

  private static func matches(_ path: String, _ parts: [String]) -> Bool {
    var reached = reachable(from: [0], in: parts)
    for name in path.split(separator: "/") {
      var next: Set<Int> = []
      for place in reached where place < parts.count {
        if parts[place] == "**" {
          if !name.hasPrefix(".") { next.insert(place) }
        } else if unsafe fnmatch(parts[place], String(name), FNM_PERIOD) == 0 {
          next.insert(place + 1)
        }
      }
      reached = reachable(from: next, in: parts)
    }
    return reached.contains(parts.count)
  }

  /// The parts of the pattern that may come next, since `**` may also match nothing more.
  private static func reachable(from places: Set<Int>, in parts: [String]) -> Set<Int> {
    var reached = places
    for place in places.sorted() {
      var place = place
      while place < parts.count, parts[place] == "**" {
        place += 1
        reached.insert(place)
      }
    }
    return reached
  }
}
