import KeySources
import Testing

struct KeyReferenceTests {
  @Test(
    arguments: [
      "none", "env:API_KEY", "env:KEYS#a.b", "file:/run/key", "file:keys.json#main",
      "keystore:main-2026.11",
      "vault:secret/llm/main#key", "vault:kv/llm", "aws-sm:prod/llm#key", "exec:print-key",
      "aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:llm-AbCdEf#key",
    ])
  func `reads what it writes`(text: String) throws {
    #expect(try KeyReference(text).description == text)
  }

  @Test func `takes a reference apart`() throws {
    #expect(try KeyReference("file:a#b#c") == .file(path: "a#b", field: "c"))
    #expect(try KeyReference("keystore:main") == .keystore(id: "main"))
  }

  @Test func `shows of a command only what it runs`() throws {
    let reference = try KeyReference("exec:pass show 'llm # main'#api_key")
    #expect(reference == .command("pass show 'llm # main'", field: "api_key"))
    #expect(reference.description == "exec:pass …#api_key")
    #expect(try KeyReference("exec:TOKEN=abc op read x").description == "exec:op …")
    #expect(try KeyReference("exec:TOKEN=abc\top\tread").description == "exec:op …")
    #expect(try KeyReference("exec:printf${IFS}hidden").description == "exec:printf …")
    #expect(try KeyReference("exec:$COMMAND").description == "exec:…")
  }

  @Test func `a comment in a command is no field`() throws {
    #expect(try KeyReference("exec:cat key #main") == .command("cat key #main"))
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
    "vault:secret", "vault:/a", "vault:a//b", "vault:a/../b", "vault:a/b?c", "aws-sm:", "exec:",
    "exec: ",
  ])
  func `refuses names that cannot be`(text: String) {
    #expect(throws: KeySourceError.self) { try KeyReference(text) }
  }

  @Test(arguments: [
    "vault:auth/token/lookup-self#id", "vault:sys/policies#x", "vault:Identity/entity",
    "vault:cubbyhole/a#b",
  ])
  func `refuses what Vault keeps for itself, which would be sent to a provider`(text: String) {
    let error = #expect(throws: KeySourceError.self) { try KeyReference(text) }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains("key/value engine") == true)
  }
}
