import Glibc

/// A pattern for paths, such as `**/*.txt`.
///
/// Each of its parts matches one part of a path (glob(7)), and `**` any number of folders, none
/// included. What is hidden matches only a part that begins with a period too.
package struct DocumentPattern: Sendable {
  private let parts: [String]

  /// - Parameter text: such as `**/*.txt`.
  package init(_ text: String) {
    parts = text.split(separator: "/").map(String.init)
  }

  /// True where hidden files or folders are asked for.
  var namesHidden: Bool { parts.contains { $0.hasPrefix(".") } }

  package func matches(_ path: String) -> Bool {
    var reached = reachable(from: [0])
    for name in path.split(separator: "/") {
      var next: Set<Int> = []
      for place in reached where place < parts.count {
        if parts[place] == "**" {
          if !name.hasPrefix(".") { next.insert(place) }
        } else if unsafe fnmatch(parts[place], String(name), FNM_PERIOD) == 0 {
          next.insert(place + 1)
        }
      }
      reached = reachable(from: next)
    }
    return reached.contains(parts.count)
  }

  /// The parts of the pattern that may come next, since `**` may also match nothing more.
  private func reachable(from places: Set<Int>) -> Set<Int> {
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
