import Foundation
import TestSupport
import Testing

/// What would carry secrets to a stranger, or a stranger's secrets to us, is refused by runs before
/// anything is sent, with a message that says what to do.
struct SecretTrapTests {
  private let folder: Scratch
  private let provider: Mirror
  private let home = ".config/nightjar/"

  init() throws {
    folder = try Scratch()
    provider = try Mirror.provider()
    try folder.write("in.jsonl", "{\"id\":\"1\",\"prompt\":\"say fine\"}\n")
  }

  private func made(key: String = "made-up-key") throws {
    #expect(try folder.nightjar(["keys", "init"]).status == 0)
    #expect(try folder.nightjar(["keys", "add", "main"], input: key).status == 0)
  }

  private func setMode(_ mode: Int, of name: String) throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: mode],
      ofItemAtPath: folder.path(of: name)
    )
  }

  private func run(
    _ key: String,
    _ flags: [String] = [],
    environment: [String: String] = [:]
  ) throws -> Program.Ending {
    let run = [
      "run", "in.jsonl", "-o", "out.jsonl", "--base-url", provider.url, "--provider", "anthropic",
      "--model", "any", "--max-tokens", "9", "--key", key,
    ]
    return try folder.nightjar(run + flags, environment: environment)
  }

  private func expectRefused(
    _ ending: Program.Ending,
    _ status: Int32,
    _ advice: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ending.status == status, "\(ending.errors)", sourceLocation: sourceLocation)
    for words in advice {
      #expect(ending.errors.contains(words), "\(ending.errors)", sourceLocation: sourceLocation)
    }
    #expect(provider.server.connectionCount == 0, sourceLocation: sourceLocation)
    #expect(provider.elsewhere.connectionCount == 0, sourceLocation: sourceLocation)
    #expect(!folder.exists("out.jsonl"), sourceLocation: sourceLocation)
  }

  // MARK: - Files

  @Test(arguments: [
    ("identity.txt", 0o644, "chmod 600"), ("keystore.age", 0o640, "chmod 600"),
    ("", 0o777, "chmod go-w"), ("", 0o775, "chmod go-w"),
  ])
  func `a keystore that others can open or exchange`(name: String, mode: Int, advice: String) throws
  {
    try made()
    try setMode(mode, of: home + name)
    expectRefused(try run("keystore:main"), 77, [advice, name.isEmpty ? "nightjar'" : name])
  }

  @Test(arguments: ["identity.txt", "keystore.age"])
  func `a link in the place of the keystore or its identity`(name: String) throws {
    try made()
    let path = folder.path(of: home + name)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".real")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
    expectRefused(
      try run("keystore:main"),
      77,
      ["is a symbolic link", "name the file it points to instead"]
    )
  }

  @Test func `a keystore of which nobody can note how new it is`() throws {
    try made()
    let ending = try run("keystore:main", environment: ["XDG_STATE_HOME": "/proc/nowhere"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.errors.contains("warning: cannot note how new the keystore"))
  }

  @Test func `an older copy of the keystore`() throws {
    try made()
    let path = folder.path(of: home + "keystore.age")
    try FileManager.default.copyItem(atPath: path, toPath: path + ".old")
    #expect(try folder.nightjar(["keys", "rotate", "main"], input: "newer-key").status == 0)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".old", toPath: path)
    expectRefused(
      try run("keystore:main"),
      77,
      ["is an older copy", "Put the newer file back", "keys check --accept"]
    )
  }

  @Test func `a keystore that is exchanged while a run uses it`() throws {
    try made(key: "own-key")
    try folder.write(
      "in.jsonl",
      (0..<400).map { "{\"id\":\"\($0)\",\"prompt\":\"say fine\"}\n" }.joined()
    )
    #expect(try folder.nightjar(["keys", "init", "--keystore", "other.age"]).status == 0)
    let add = ["keys", "add", "main", "--keystore", "other.age"]
    #expect(try folder.nightjar(add, input: "stranger-key").status == 0)
    let program = try Program(
      [
        "run", "in.jsonl", "-o", "out.jsonl", "--base-url", provider.url, "--provider",
        "anthropic", "--model", "any", "--max-tokens", "9", "--key", "keystore:main", "--rpm",
        "1200",
      ],
      in: folder
    )
    try folder.wait(for: "a result") { !folder.lines("out.jsonl").isEmpty }
    let (path, other) = (folder.path(of: home + "keystore.age"), folder.path(of: "other.age"))
    #expect(unsafe rename(other, path) == 0)
    try folder.wait(for: "a warning") { program.errors.contains("is another keystore") }
    #expect(program.errors.contains("keys check --accept"), "\(program.errors)")
    let before = folder.lines("out.jsonl").count
    try folder.wait(for: "more results") { folder.lines("out.jsonl").count > before }
    program.send(signal: SIGKILL)
    _ = program.ending()
    #expect(provider.server.requests.allSatisfy { $0.contains("x-api-key: own-key\r\n") })
  }

  @Test(arguments: [0o602, 0o620])
  func `a key file that others can change`(mode: Int) throws {
    try folder.write("secret", "made-up-key\n")
    try setMode(mode, of: "secret")
    expectRefused(try run("file:secret"), 77, ["by other users", "chmod 600 'secret'"])
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(of: "link"),
      withDestinationPath: folder.path(of: "secret")
    )
    expectRefused(try run("file:link"), 77, ["by other users", "chmod 600"])
  }

  // MARK: - Addresses

  @Test(arguments: [
    ("http://example.org", "write https://"),
    ("https://user:made-up-word@example.org", "leave it out"),
    ("https://example.org?key=made-up-word", "write only scheme, host and path"),
  ])
  func `an endpoint that would show the key or hold one`(url: String, advice: String) throws {
    let ending = try run("env:REHEARSAL", ["--base-url", url])
    expectRefused(ending, 64, [advice])
    #expect(!ending.errors.contains("made-up-word"), "\(ending.errors)")
  }

  @Test func `a proxy that would see the key`() throws {
    let ending = try run("env:REHEARSAL", ["--proxy", provider.elsewhere.url])
    expectRefused(ending, 64, ["in the clear", "leave the proxy out"])
  }

  @Test func `a proxy's password on the command line`() throws {
    let proxy = "http://user:made-up-word@127.0.0.1:9"
    let ending = try run("env:REHEARSAL", ["--base-url", "https://127.0.0.1:9", "--proxy", proxy])
    expectRefused(ending, 64, ["every user of the machine", "--proxy http://"])
    #expect(!ending.errors.contains("made-up-word"), "\(ending.errors)")
  }

  @Test(arguments: ["AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_FULL_URI"])
  func `an address of AWS in the clear`(variable: String) throws {
    let ending = try run("aws-sm:llm", environment: [variable: "http://192.0.2.1/"])
    expectRefused(ending, 64, [variable, "in clear", "use https://"])
  }

  // MARK: - Vault

  /// A Vault that must not be asked, as the environment of a run.
  private func vault(_ variables: [String: String]) -> [String: String] {
    ["VAULT_ADDR": provider.address, "VAULT_TOKEN": "made-up-token"].merging(variables) { $1 }
  }

  @Test(arguments: [
    (["VAULT_ADDR": "http://vault.example.org:8200"], ["in the clear", "use https://"]),
    (["VAULT_SKIP_VERIFY": "1"], ["unset it", "VAULT_CACERT"]),
    (["BAO_SKIP_VERIFY": "true"], ["unset it", "VAULT_CACERT"]),
    (["VAULT_PROXY_ADDR": "http://127.0.0.1:9"], ["in the clear", "not through a proxy"]),
    (["VAULT_ADDR": ""], ["set VAULT_ADDR"]),
  ])
  func `a Vault that would show the token`(variables: [String: String], advice: [String]) throws {
    expectRefused(try run("vault:secret/llm#key", environment: vault(variables)), 64, advice)
  }

  @Test(arguments: ["NIGHTJAR_VAULT_TOKEN_FILE", "NIGHTJAR_VAULT_SECRET_ID_FILE"])
  func `a file that opens Vault and that others can read`(variable: String) throws {
    try folder.write("login", "made-up-token\n")
    try setMode(0o622, of: "login")
    var environment = ["VAULT_TOKEN": "", variable: folder.path(of: "login")]
    if variable.contains("SECRET_ID") {
      environment["NIGHTJAR_VAULT_AUTH"] = "approle"
      environment["NIGHTJAR_VAULT_ROLE_ID"] = "a-role"
    }
    let ending = try run("vault:secret/llm#key", environment: vault(environment))
    expectRefused(ending, 77, ["by other users", "chmod 600"])
  }

  @Test func `a Vault that sends the token elsewhere`() throws {
    let stranger = try Mirror.store("307")
    let ending = try run(
      "vault:secret/llm#key",
      environment: vault(["VAULT_ADDR": stranger.address])
    )
    expectRefused(ending, 69, ["redirects to another server", "list every server in VAULT_ADDR"])
    #expect(stranger.elsewhere.connectionCount == 0)
  }

  @Test(arguments: ["http_proxy", "HTTP_PROXY", "all_proxy"])
  func `a proxy that the environment names for stores`(variable: String) throws {
    let proxy = provider.elsewhere.url
    let environment = [
      variable: proxy, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "eu-central-1",
      "AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up",
      "VAULT_MAX_RETRIES": "0",
    ]
    for key in ["aws-sm:llm", "vault:secret/llm#key"] {
      let vault = vault(["VAULT_ADDR": "http://127.0.0.1:9"])
      let ending = try run(key, environment: environment.merging(vault) { $1 })
      expectRefused(ending, 69, ["127.0.0.1:9"])
    }
  }
}
