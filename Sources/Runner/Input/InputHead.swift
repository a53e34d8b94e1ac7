import JSON

/// What the beginning of an input tells of the whole; a pure value.
package enum InputHead: Sendable, Equatable {
  /// Jobs, one on a line, or something whose lines fail one by one with words of their own.
  case lines
  case foreign(ForeignFormat)
  /// More has to be read before anything can be told.
  case undecided

  /// False for what begins with bytes of another format, or has no line breaks but carriage returns.
  static func isText(_ head: [UInt8]) -> Bool {
    ForeignFormat.binary(head[...]) == nil
      && (head.contains(0x0A) || !head.dropLast().contains(0x0D))
  }

  /// So many bytes without any line of JSON are enough to tell.
  package static let enough = 64 << 10

  /// - Parameters:
  ///   - head: the first bytes.
  ///   - isWhole: whether there are no more, or no more that would help.
  package init(_ head: [UInt8], isWhole: Bool) {
    guard isWhole || head.count >= 4 else {
      self = .undecided
      return
    }
    let isDecided = isWhole || head.count >= Self.enough
    if let format = ForeignFormat.binary(head[...]) {
      self = .foreign(format)
    } else if isDecided, !head.contains(0x0A), head.dropLast().contains(0x0D) {
      self = .foreign(.carriageReturns)
    } else {
      self = Text(head[...], isWhole: isWhole).finding
    }
  }
}

/// The beginning of a text, line by line.
private struct Text {
  /// All of it, from its first line on that is not blank.
  private let text: ArraySlice<UInt8>
  private let isWhole: Bool
  /// The first line.
  private let first: ArraySlice<UInt8>
  /// The others that are not blank; the last may be cut short.
  private let others: [ArraySlice<UInt8>]
  private let hasWholeFirst: Bool

  init(_ head: ArraySlice<UInt8>, isWhole: Bool) {
    let isMarked = head.starts(with: [0xEF, 0xBB, 0xBF])
    text = head.dropFirst(isMarked ? 3 : 0).drop {
      $0 == UInt8(ascii: " ") || (0x09...0x0D).contains($0)
    }
    self.isWhole = isWhole
    let lines = text.split(separator: UInt8(ascii: "\n")).filter { !$0.isBlankLine }
    first = lines.first ?? []
    others = Array(lines.dropFirst())
    hasWholeFirst = isWhole || first.endIndex < text.endIndex
  }

  private var isEnough: Bool { isWhole || text.count >= InputHead.enough }
  private var hasObject: Bool { (CollectionOfOne(first) + others).contains(where: isObject) }

  var finding: InputHead {
    switch first.first {
    case nil: isWhole ? .lines : .undecided
    case UInt8(ascii: "{"): object
    case UInt8(ascii: "["): array
    default: hasObject ? .lines : isEnough ? .foreign(.text(first, others)) : .undecided
    }
  }

  private var object: InputHead {
    guard let fault = fault(of: first) else {
      // Whoever writes a line to a pipe may wait for its answer before the next one.
      guard others.isEmpty, hasWholeFirst else { return hasWholeFirst ? .lines : .undecided }
      guard let list = container(in: first) else { return .lines }
      return isWhole ? .foreign(.object(of: list)) : .undecided
    }
    guard fault.offset >= first.content.count else {
      if hasWholeFirst, let strung { return .foreign(strung) }
      let isPython = first.dropFirst().first { $0 != UInt8(ascii: " ") } == UInt8(ascii: "'")
      return isPython && !hasObject ? .foreign(.python) : .lines
    }
    guard hasWholeFirst else { return .undecided }
    if others.isEmpty {
      guard isWhole else { return .undecided }
      return container(in: first).map { .foreign(.object(of: $0)) } ?? .lines
    }
    return goesOn ? .foreign(.object(of: container(in: text))) : .lines
  }

  /// Whole objects that something else than a line break parts, the same on every line but the last.
  private var strung: ForeignFormat? {
    let format = parting(of: first)
    return others.dropLast().allSatisfy { parting(of: $0) == format } ? format : nil
  }

  private func parting(of line: ArraySlice<UInt8>) -> ForeignFormat? {
    var scanner = JSONScanner()
    guard let object = try? scanner.value(in: line.content.span) else { return nil }
    let rest = line.content.dropFirst(object.range.upperBound)
    return .strung(by: rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
  }

  private var array: InputHead {
    let element = first.content.dropFirst().first { $0 != UInt8(ascii: " ") } ?? others.first?.first
    let isOfTexts = element == UInt8(ascii: "\"")
    guard let fault = fault(of: first) else {
      if others.isEmpty { return isWhole ? .foreign(.array(ofTexts: isOfTexts)) : .undecided }
      return hasObject ? .lines : isEnough ? .foreign(.arrays) : .undecided
    }
    return fault.offset >= first.content.count ? .foreign(.array(ofTexts: isOfTexts)) : .lines
  }

  /// Whether the first line, which is no value yet, becomes one with the lines after it.
  private var goesOn: Bool {
    guard let next = others.first, !others.prefix(2).allSatisfy(isObject) else { return false }
    let start = next.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.startIndex
    var members = JSONMembers(ofWhole: text.span)
    do throws(JSONError) {
      while try members?.next(in: text.span) != nil {}
      return true
    } catch {
      // Several such objects in a row are no whole text, but the first of them is.
      return error.offset > start - text.startIndex
    }
  }

  /// Where a line is not JSON.
  private func fault(of line: ArraySlice<UInt8>) -> JSONError? {
    do throws(JSONError) {
      _ = try JSONScanner.wholeValue(in: line.content.span)
      return nil
    } catch {
      return error
    }
  }

  private func isObject(_ line: ArraySlice<UInt8>) -> Bool {
    let start = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return start == UInt8(ascii: "{") && fault(of: line) == nil
  }

  /// The list of objects that an object consists of, if it is no job by itself.
  private func container(in object: ArraySlice<UInt8>) -> String? {
    let span = object.span
    guard var members = JSONMembers(ofWhole: span) else { return nil }
    var found: String?
    while let key = try? members.name(in: span), let name = key.string(in: span) {
      if Self.fieldsOfJobs.contains(name) { return nil }
      let value = object.dropFirst(key.range.upperBound).lazy
        .filter { $0 > 0x20 && $0 != UInt8(ascii: ":") }.prefix(2)
      if value.elementsEqual("[{".utf8), found == nil { found = name }
      guard (try? members.value(in: span)) != nil else { break }
    }
    return found
  }

  /// What an object has that is one job, however badly written.
  private static let fieldsOfJobs: Set<String> = [
    "id", "custom_id", "prompt", "body", "params", "messages", "input", "contents",
  ]
}
