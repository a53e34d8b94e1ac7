import KeySources
import Testing

struct KeyReferenceTests {
  @Test(arguments: ["env:API_KEY", "file:/run/key", "file:keys.json#main", "keystore:main-2026.11"])
  func `reads what it writes`(text: String) throws {
    #expect(try KeyReference(text).description == text)
  }

  @Test func `takes a reference apart`() throws {
    #expect(try KeyReference("file:a#b#c") == .file(path: "a", field: "b#c"))
    #expect(try KeyReference("keystore:main") == .keystore(id: "main"))
  }

  @Test(arguments: ["vault:secret/llm#key", "aws-sm:llm", "exec:pass show llm"])
  func `says of kinds to come that they are not there yet`(text: String) {
    let error = #expect(throws: KeySourceError.self) { try KeyReference(text) }
    #expect(error?.description.contains("not available in this version yet") == true)
    #expect(error?.exitCode == 64)
  }

  @Test(
    arguments: [
      "sk-ant-api03-abcdefghijklmnop", "plain-text", "", "env:sk-ant-api03-abcdefghijklmnop",
      "keystore:sk-ant-api03-abcdefghijklmnop", "key:value-of-it",
      "file:sk-ant-api03-abcdefghijklmnop", "Bearer abcdefghijklmnop",
    ])
  func `refuses what may be a key itself, without repeating it`(text: String) {
    let error = #expect(throws: KeySourceError.self) { try KeyReference(text) }
    #expect(error?.description.contains("abcdefghijklmnop") == false)
    #expect(error?.description.contains("value-of-it") == false)
    #expect(error?.exitCode == 64)
  }

  @Test(arguments: [
    "env:", "env:1A", "env:A-B", "file:", "file:#x", "file:a#", "keystore:", "keystore:a b",
  ])
  func `refuses names that cannot be`(text: String) {
    #expect(throws: KeySourceError.self) { try KeyReference(text) }
  }
}
