/// What can be told of a template without a job; a pure value.
struct TemplateOutline: Sendable {
  /// The fields that it names, of a path its first name.
  ///
  /// There may be other words among them, such as those of transforms.
  private(set) var names: Set<String> = []
  /// How many bytes of plain text stand within sections, at most: so much each repetition can add.
  private(set) var sectionBytes = 0

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
      default: break
      }
      note(tag)
    }
    count(rest, at: depth)
  }

  private mutating func count(_ text: Substring, at depth: Int) {
    if depth > 0 { sectionBytes += text.utf8.count }
  }

  /// Notes the words of a tag.
  private mutating func note(_ tag: Substring) {
    for word in tag.split(whereSeparator: { !$0.isLetter && !$0.isNumber && !"._-?*".contains($0) })
    {
      if let name = word.split(separator: ".").first { names.insert(String(name)) }
    }
  }
}

/// How much may still go into a prompt that is being rendered; a pure value.
struct RenderRoom {
  /// What a repetition takes beside its text, so that many that add nothing come to an end too.
  private static let repetition = 16

  private var bytes: Int
  private let eachTime: Int

  /// - Parameters:
  ///   - bytes: of text, at most.
  ///   - eachTime: what one repetition of any section can add of the template's own text.
  init(bytes: Int, eachTime: Int) {
    self.bytes = bytes
    self.eachTime = eachTime
  }

  var isUsedUp: Bool { bytes < 0 }

  /// Takes the bytes of a field's text.
  ///
  /// - Returns: whether there was room for them.
  mutating func take(_ count: Int) -> Bool {
    if !isUsedUp { bytes -= count }
    return !isUsedUp
  }

  /// Takes what one more repetition of a section can add.
  mutating func takeRepetition() -> Bool { take(eachTime + Self.repetition) }
}
