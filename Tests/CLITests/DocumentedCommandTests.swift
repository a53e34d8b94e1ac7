import Foundation
import Testing

/// The commands that the documents show.
private enum Documented {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let documents: [String] = {
    ["README.md"]
      + ["docs", "examples"].flatMap { folder in
        let path = root.appending(path: folder).path
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".md") }.map { "\(folder)/\($0)" }
      }
  }()

  /// The words of each `nightjar …` in an indented block, without comments and what is piped on.
  static func commands(in text: String) -> [[String]] {
    text.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
      .filter { $0.hasPrefix("    ") }
      .compactMap { line in
        let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
        guard let start = words.firstIndex(of: "nightjar"),
          start == 0 || words[start - 1] == "|" || words[start - 1].contains("=")
        else { return nil }
        return Array(words[(start + 1)...].prefix { $0 != "|" && $0 != "&" })
      }
  }
}

struct DocumentedCommandTests {
  @Test(arguments: Documented.documents)
  func `every command and flag that a document shows exists`(path: String) throws {
    let text = try String(contentsOf: Documented.root.appending(path: path), encoding: .utf8)
    let folder = try Scratch()
    for words in Documented.commands(in: text) {
      let name = Array(words.prefix(words.first == "keys" ? 2 : 1))
      let help = try folder.nightjar(name + ["--help"])
      #expect(help.status == 0, "\(name)")
      #expect(help.output.contains("USAGE: nightjar \(name.joined(separator: " "))"), "\(name)")
      for flag in words where flag.hasPrefix("--") {
        let flag = flag.prefix { $0 != "=" }
        #expect(help.output.contains(flag), "\(name) has no \(flag)")
      }
    }
  }

  @Test func `commands are found in what a document shows`() {
    let text = """
      nightjar prose

          what nightjar is
          sops -d a | nightjar keys import - | cat   # nightjar no
      """
    #expect(Documented.commands(in: text) == [["keys", "import", "-"]])
    #expect(Documented.commands(in: "    nightjar run \\\n      --json\n") == [["run", "--json"]])
  }
}
