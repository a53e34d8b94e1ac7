import JSON

enum JSONTargets {
  /// The reader and the scanner are of one opinion, and what is read can be written.
  static func value(_ bytes: [UInt8]) -> String? {
    let value = try? JSONValue(parsing: bytes)
    let token = try? JSONScanner.wholeValue(in: bytes.span)
    guard (value == nil) == (token == nil) else { return "reader and scanner disagree" }
    guard let value else { return nil }
    visit(value)
    var text: [UInt8] = []
    text.appendJSON(value.string ?? "")
    return (try? JSONValue(parsing: text)) == nil ? "what was written is no JSON" : nil
  }

  private static func visit(_ value: JSONValue) {
    for member in value.members ?? [] { visit(member.value) }
    for element in value.elements ?? [] { visit(element) }
    _ = (value.string, value.integer, value.source)
  }

  /// What is JSON stays what it is, and what was mended needs no more of it.
  static func repair(_ bytes: [UInt8]) -> String? {
    let mended = JSONRepair.mended(bytes)
    if (try? JSONValue(parsing: bytes)) != nil { return mended == bytes ? nil : "JSON was changed" }
    guard (try? JSONValue(parsing: mended)) != nil else { return nil }
    return JSONRepair.mended(mended) == mended ? nil : "mended twice is not mended once"
  }
}
