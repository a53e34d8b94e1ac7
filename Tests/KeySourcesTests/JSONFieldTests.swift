import KeySources
import Testing

/// Fields of JSON documents, as every source reads them; here from files.
struct JSONFieldTests {
  private static let document = """
    {"main": "sk-1", "a.b": "sk-2", "a": {"b": "no", "c": {"d": "sk-3"}, "e.f": "sk-4"}, "n": 5}
    """
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func source(_ json: String, _ field: String?) throws -> FileKeySource {
    FileKeySource(path: try folder.write(json, to: "keys.json"), field: field)
  }

  @Test(arguments: [("main", "sk-1"), ("a.b", "sk-2"), ("a.c.d", "sk-3"), ("a.e.f", "sk-4")])
  func `finds a name, and else a path of names`(field: String, expected: String) async throws {
    #expect(value(of: try await source(Self.document, field).newest()) == expected)
  }

  @Test(arguments: [#""sk-\u0041\/b""#, #""sk-A\u002fb""#, #""sk-A/b""#])
  func `a value is what its escapes say`(json: String) async throws {
    #expect(value(of: try await source(#"{"k":\#(json)}"#, "k").newest()) == "sk-A/b")
  }

  @Test(arguments: [#""sk-\u000g""#, #""sk-\u00""#, #""sk-\x41""#, "\"sk-\t\"", "01", "+1", "NaN"])
  func `what only looks like JSON has no field`(json: String) async throws {
    let error = try await source(#"{"k":\#(json)}"#, "k").failure()
    #expect(error.kind == .denied && error.description.contains("is not JSON"))
    #expect(!error.description.contains("sk-"))
  }

  @Test(arguments: ["mian", "a.x", "main.x"])
  func `says which fields are there, and no value`(field: String) async throws {
    let error = try await source(Self.document, field).failure()
    #expect(error.kind == .denied)
    #expect(error.description.contains("has no field '\(field)'"))
    #expect(!error.description.contains("sk-"))
    if field == "mian" { #expect(error.description.contains("It has: main, a.b, a, n")) }
    if field == "a.x" { #expect(error.description.contains("It has: b, c, e.f")) }
  }

  @Test(arguments: ["a", "n"])
  func `a field that is not a string is refused`(field: String) async throws {
    let error = try await source(Self.document, field).failure()
    #expect(error.description.contains("is not a string"))
  }

  @Test func `a JSON object without a named field is no key`() async throws {
    let one = try await source(#"{"api_key":"sk-value"}"#, nil).failure()
    #expect(one.description.contains("#api_key"))
    let many = try await source(Self.document, nil).failure()
    #expect(many.description.contains("It has: main, a.b, a, n"))
  }

  @Test func `a key that stands where a name should is not shown`() async throws {
    let key = "sk-" + String(repeating: "x", count: 40)
    let error = try await source(#"{"\#(key)": 1, "b": 2}"#, "main").failure()
    #expect(error.description.contains("It has: <redacted>, b"))
  }
}
