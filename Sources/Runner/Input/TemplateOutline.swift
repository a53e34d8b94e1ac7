/// What can be told of a template without a job; a pure value.
struct TemplateOutline: Sendable {
  /// The fields that it names, of a path each of its beginnings.
  ///
  /// There may be other words among them, such as those of transforms.
  private(set) var names: Set<String> = []
  /// The same with all of each path.
  private(set) var paths: Set<String> = []
  /// Names without periods that are written out outside every section: each job must have them.
  private(set) var needed: Set<String> = []
  /// The first transform that there is none of, and how many lines stand before it.
  private(set) var unknownTransform: (name: String, line: Int)?

  /// What a text, or a list, can be put through, and what a repetition tells of itself.
  private static let transforms: Set = [
    "uppercased", "lowercased", "capitalized", "reversed", "empty", "first", "last", "index",
    "even", "odd", "plusone", "minusone", "equalzero",
  ]
  /// How many bytes of plain text stand within sections, at most: so much each repetition can add.
  private(set) var sectionBytes = 0

  /// False for a text that is the same for every job.
  private(set) var asksForFields = false

  init(of text: String) {
    guard !text.contains("{{=") else {
      // With other delimiters any word may be a name.
      sectionBytes = text.utf8.count
      note(text[...])
      return
    }
    var rest = text[...]
    var depth = 0
    while let open = rest.firstRange(of: "{{") {
      count(rest[..<open.lowerBound], at: depth)
      rest = rest[open.upperBound...]
      guard let close = rest.firstRange(of: "}}") else { break }
      let tag = rest[..<close.lowerBound].drop(while: \.isWhitespace)
      rest = rest[close.upperBound...]
      switch tag.first {
      case "!": continue
      case "#", "^": depth += 1
      case "/": depth -= 1
      default:
        let name = tag.prefix { !$0.isWhitespace }
        if depth == 0, !name.contains(where: Self.isNoPlainName) { needed.insert(String(name)) }
      }
      note(tag)
      let parts = tag.split(separator: "(", omittingEmptySubsequences: false).dropLast()
      let transforms = parts.compactMap { $0.split(whereSeparator: Self.isNoName).last }
      if let name = transforms.first(where: { !Self.transforms.contains(String($0)) }) {
        let line = text[..<name.startIndex].count(where: \.isNewline)
        unknownTransform = unknownTransform ?? (String(name), line)
      }
    }
    count(rest, at: depth)
  }

  private static func isNoPlainName(_ character: Character) -> Bool {
    character == "." || isNoName(character)
  }

  private static func isNoName(_ character: Character) -> Bool {
    !character.isLetter && !character.isNumber && !"._-?*".contains(character)
  }

  /// All of the path that ends in this name, as the template writes it.
  func path(endingIn name: String) -> String {
    paths.contains(name) ? name : paths.filter { $0.hasSuffix(".\(name)") }.min() ?? name
  }

  private mutating func count(_ text: Substring, at depth: Int) {
    if depth > 0 { sectionBytes += text.utf8.count }
  }

  /// Notes the words of a tag.
  private mutating func note(_ tag: Substring) {
    asksForFields = true
    for word in tag.split(whereSeparator: Self.isNoName) {
      paths.insert(String(word))
      // A name may have periods itself.
      let path = word.drop { $0 == "." }
      guard !path.isEmpty else { continue }
      for end in path.indices where path[end] == "." { names.insert(String(path[..<end])) }
      names.insert(String(path))
    }
  }
}
