import Foundation
import KeySources
import Testing

struct FileKeySourceTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: [0o620, 0o602, 0o664, 0o666])
  func `refuses a file that others can change`(mode: Int) async throws {
    let path = try folder.write("sk-value", to: "key", mode: mode)
    let error = await #expect(throws: KeySourceError.self) {
      try await newest(FileKeySource(path: path))
    }
    #expect(error?.description.contains("chmod 600") == true)
  }

  @Test func `follows a link, as mounted secrets are, and checks what it leads to`() async throws {
    try folder.write("sk-value", to: "real")
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real")
    #expect(value(of: try await newest(FileKeySource(path: link))) == "sk-value")
    try folder.write("sk-value", to: "real", mode: 0o622)
    await #expect(throws: KeySourceError.self) { try await newest(FileKeySource(path: link)) }
  }

  @Test func `refuses a folder in which others could exchange the file, or what a link leads to`()
    async throws
  {
    let key = try folder.write("sk-value", to: "key")
    let open = folder.path + "/open"
    try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(atPath: open + "/key", withDestinationPath: key)
    let link = folder.path + "/link"
    let hidden = open + "/real"
    try Data("sk-value".utf8).write(to: URL(fileURLWithPath: hidden))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: hidden)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: hidden)
    for path in [open + "/key", link] {
      #expect(value(of: try await newest(FileKeySource(path: path))) == "sk-value")
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: open)
    for path in [open + "/key", link] {
      let error = await #expect(throws: KeySourceError.self) {
        try await newest(FileKeySource(path: path))
      }
      #expect(error?.kind == .denied)
    }
  }

  @Test func `is no file that opens a store of keys, nor one of the system, nor a link to one`()
    async throws
  {
    let home = folder.path
    try FileManager.default.createDirectory(
      atPath: home + "/.aws",
      withIntermediateDirectories: false
    )
    let keystore = Keystore(
      at: KeystoreLocation(keystore: home + "/store.age", identity: home + "/identity.txt")
    )
    let sources = KeySources(keystore: keystore) { name in
      name == "HOME" ? home : nil
    }
    let names = [".vault-token", ".aws/token", "store.age", "store.age.audit", "identity.txt"]
    for name in names { try folder.write("sk-value", to: name) }
    let link = home + "/link"
    try FileManager.default.createSymbolicLink(
      atPath: link,
      withDestinationPath: ".aws/token"
    )
    let paths = names.map { "\(home)/\($0)" } + [link, "/proc/self/environ"]
    for path in paths {
      let source = try sources.source(for: .file(path: path))
      let error = await #expect(throws: KeySourceError.self) { try await newest(source) }
      #expect(error?.kind == .denied)
      #expect(error?.description.contains("never a key") == true, "\(path)")
    }
    let good = try sources.source(for: .file(path: try folder.write("sk-value", to: "key")))
    #expect(value(of: try await newest(good)) == "sk-value")
  }

  @Test(arguments: [
    "AGE-SECRET-KEY-1QQQQQQQQQQQQQQ", "hvs.CAESIGqU0000000000000000",
    "hvb.AAAAAQJ00000000000000",
  ])
  func `a value that opens other keys is refused, wherever it is`(_ text: String) async throws {
    let error = #expect(throws: KeySourceError.self) {
      try Key(.environment(name: "KEY"), value: secret(text))
    }
    #expect(error?.kind == .denied && error?.description.contains(text) == false)
  }

  @Test func `a file that is gone is missing, which is no denial`() async throws {
    let error = await #expect(throws: KeySourceError.self) {
      try await newest(FileKeySource(path: folder.path + "/gone"))
    }
    #expect(error?.kind == .missing && error?.exitCode == 77)
  }

  @Test(arguments: ["", "\n", "two\nlines", String(repeating: "x", count: 65_537)])
  func `refuses a file that is not one key`(contents: String) async throws {
    let path = try folder.write(contents, to: "key")
    await #expect(throws: KeySourceError.self) { try await newest(FileKeySource(path: path)) }
  }

  @Test func `does not wait for a pipe, and does not read a folder`() async throws {
    let pipe = folder.path + "/pipe"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    await #expect(throws: KeySourceError.self) { try await newest(FileKeySource(path: pipe)) }
    await #expect(throws: KeySourceError.self) {
      try await newest(FileKeySource(path: folder.path))
    }
  }

  @Test(
    arguments: [
      #"{"main":"sk-\u0061\/\"\\"}"#: "sk-a/\"\\", #"{"deep":{"main":"no"},"main":"yes"}"#: "yes",
    ])
  func `reads a JSON field with its escapes`(json: String, expected: String) async throws {
    let path = try folder.write(json, to: "keys.json")
    let key = try await newest(FileKeySource(path: path, field: "main"))
    #expect(value(of: key) == expected)
  }

  @Test(
    arguments: [
      "", "{", #"{"main":}"#, #"{"main":"x"}}"#, #"{"main":"x\"#, #"["main"]"#, #"{"main":12}"#,
      #"{"main":null}"#, "{\"main\":\"a\nb\"}", String(repeating: "[", count: 100),
    ])
  func `refuses what is not JSON with that field`(json: String) async throws {
    let path = try folder.write(json, to: "keys.json")
    await #expect(throws: KeySourceError.self) {
      try await newest(FileKeySource(path: path, field: "main"))
    }
  }
}
