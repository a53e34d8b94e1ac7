import Jobs

/// Why the first line of a table names no columns that can be used.
package struct TableError: Error, Sendable, Equatable {
  package let message: String
  package let advice: String
}

extension Table {
  /// So many bytes the first line may have, and so many columns.
  static let (longestHeader, mostColumns) = (1 << 20, 16_384)
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  /// A member of the lines that stand for rows.
  private static let ownName = "nightjar"

  /// Reads the first line of a table.
  ///
  /// - Parameters:
  ///   - head: the first bytes.
  ///   - isWhole: whether there are no more, or no more are looked at.
  ///   - idField: the column that is the id, where it is not `id`.
  ///   - numbersRows: whether rows of a table without such a column have their number for it.
  /// - Returns: nil where more has to be read, and where there is nothing but blank lines.
  /// - Throws: a ``TableError`` that says what is wrong.
  package init?(
    head: [UInt8],
    isWhole: Bool,
    separators: [UInt8],
    idField: String? = nil,
    numbersRows: Bool = true
  ) throws(TableError) {
    let text = head.dropFirst(head.starts(with: Self.mark) ? Self.mark.count : 0)
    let blank = text.prefix { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    let rest = text.dropFirst(blank.count)
    guard !rest.isEmpty else { return nil }
    guard rest.first != UInt8(ascii: "{") else {
      throw TableError(
        message: "the input begins as lines of JSON do, not as a table",
        advice: "add --input-format jsonl, or give it a name that ends in .jsonl"
      )
    }
    let firstLine = 1 + blank.count { $0 == UInt8(ascii: "\n") }
    var best: (scan: RecordScan, separator: UInt8)?
    var isWholeLine = true
    for separator in separators {
      var scan = RecordScan(at: rest.startIndex, line: firstLine, separator: separator)
      guard scan.read(head.span, to: head.count, isLast: isWhole) == .whole else {
        isWholeLine = false
        continue
      }
      if scan.fields > best?.scan.fields ?? 0 { best = (scan, separator) }
    }
    guard let best, isWholeLine || best.scan.fields > 1 else {
      if !isWhole { return nil }
      throw TableError(
        message:
          "the first line of the table, which names its columns, has a quote that is not closed "
          + "as it should be, or more than \(Self.longestHeader >> 20) MiB",
        advice: "correct the line"
      )
    }
    let header = head[best.scan.start..<best.scan.position]
    let cells = Self(separator: best.separator).cells(of: header)
    let names = try Self.names(of: cells)
    let fields = Self.fields(of: names)
    try Self.check(names, fields, idField: idField)
    self.init(
      names: names,
      fields: fields,
      separator: best.separator,
      start: best.scan.position,
      firstLine: best.scan.nextLine,
      numbersRows: numbersRows && !fields.contains { ["id", "custom_id"].contains($0) }
        && idField == nil
    )
  }

  private init(separator: UInt8) {
    self.init(
      names: [],
      fields: [],
      separator: separator,
      start: 0,
      firstLine: 1,
      numbersRows: false
    )
  }

  private static func names(of cells: [ArraySlice<UInt8>]) throws(TableError) -> [String] {
    guard cells.count <= mostColumns else {
      throw TableError(
        message: "the table has \(cells.count) columns, and may have \(mostColumns)",
        advice: "leave those out that no prompt needs"
      )
    }
    var names: [String] = []
    for cell in cells {
      guard let name = String(validating: cell, as: UTF8.self) else {
        throw TableError(
          message: "the first line of the table is not UTF-8",
          advice: "convert it with `iconv -f WINDOWS-1252 -t UTF-8`, which reads standard input"
        )
      }
      var trimmed = name.drop(while: \.isWhitespace)
      while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
      names.append(String(trimmed))
    }
    return names
  }

  /// The name of a column as a template can write it: what no name may have is `_` there.
  static func field(_ name: String) -> String {
    String(name.map { isOfNames($0) ? $0 : "_" })
  }

  /// The same for all columns; of those that would be alike the later ones have a number.
  private static func fields(of names: [String]) -> [String] {
    var taken = Set(names)
    return names.map { name in
      let field = field(name)
      guard field != name else { return field }
      var unique = field
      var number = 2
      while !taken.insert(unique).inserted {
        unique = "\(field)_\(number)"
        number += 1
      }
      return unique
    }
  }

  private static func isOfNames(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "._-?*".contains(character))
  }

  private static func check(
    _ names: [String],
    _ fields: [String],
    idField: String?
  ) throws(TableError) {
    if let empty = names.firstIndex(of: "") {
      throw TableError(
        message: "column \(empty + 1) of the table has no name in its first line",
        advice: "give each column a name of its own; pandas leaves its index out with index=False"
      )
    }
    var seen: Set<String> = []
    if let twice = names.first(where: { !seen.insert($0).inserted }) {
      throw TableError(
        message: "the table has two columns `\(twice)`",
        advice: "give each column a name of its own"
      )
    }
    if fields.contains(ownName) {
      throw TableError(
        message: "a column is named `\(ownName)`, a name that nightjar uses itself",
        advice: "give the column another name"
      )
    }
    guard let idField, !fields.contains(idField) else { return }
    let hint = nearest(to: idField, among: fields).map { "did you mean `\($0)`? " } ?? ""
    throw TableError(
      message: "the table has no column `\(idField)`, which is to be the id",
      advice: "\(hint)Its columns are \(list(of: names))"
    )
  }

  /// Some names, as a message shows them.
  static func list(of names: [String]) -> String {
    let shown = names.prefix(12).map { "`\($0.prefix(60))`" }.joined(separator: ", ")
    return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
  }
}

extension TableError {
  /// What the user is told.
  func error(at place: String) -> StoreError {
    StoreError(
      .inputMissing,
      message,
      at: place,
      next: "\(advice); nothing was sent, and no file was made"
    )
  }
}
