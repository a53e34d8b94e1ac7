import Foundation
import TestSupport
import Testing

/// Runs by other ways than the system's own.
@Suite(
  .enabled(
    if: NginxServer.isInstalled && ProxyServer.hasTinyproxy,
    "needs nginx with its modules, openssl and tinyproxy"
  )
)
struct RouteRunTests {
  private let folder: Scratch
  private let provider: Provider
  private let nginx: NginxServer
  /// Without these nothing has to come.
  private let flags: [String]

  init() throws {
    folder = try Scratch()
    provider = try Provider(in: folder)
    nginx = try NginxServer(locations: "location / { proxy_pass \(provider.url); }")
    flags = [
      "run", "in.jsonl", "-o", "out.jsonl", "--provider", "openai", "--model", "any", "--key",
      "env:REHEARSAL", "--json", "--ca-file", nginx.caFile, "--give-up-after", "1",
    ]
    try folder.write("in.jsonl", prompts(0..<20))
  }

  /// The route of each result, by how many came by it.
  private func routes() throws -> [String: Int] {
    struct Line: Decodable {
      struct Note: Decodable {
        let route: String?
        let attempts: Int
      }
      let nightjar: Note
    }
    let lines = try folder.lines("out.jsonl").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8)).nightjar
    }
    #expect(lines.allSatisfy { $0.attempts == 1 })
    return Dictionary(grouping: lines) { $0.route ?? "" }.mapValues(\.count)
  }

  private func job(_ routes: String, _ endpoint: String) throws {
    try folder.write(
      "job.yaml",
      """
      input: in.jsonl
      output: out.jsonl
      provider: openai
      model: any
      key: env:REHEARSAL
      ca_file: \(nginx.caFile)
      routes:
      \(routes)
      base_url: {url: "\(nginx.tlsURL)", \(endpoint)}
      """
    )
  }

  @Test func `a proxy that is down, or refuses, lets nothing reach the provider`() throws {
    let port = try FreePort.find()
    let proxy = try ProxyServer.tinyproxy(user: "night", password: "jar")
    let endpoint = ["--base-url", nginx.tlsURL]
    let down = try folder.nightjar(flags + endpoint + ["--proxy", "http://127.0.0.1:\(port)"])
    #expect(down.status == 69)
    #expect(down.errors.contains("the proxy 127.0.0.1:\(port)"), "\(down.errors)")
    let address = "127.0.0.1:\(proxy.port)"
    let refused = try folder.nightjar(flags + endpoint + ["--proxy", "http://\(address)"])
    #expect(refused.status == 69)
    #expect(refused.errors.contains("the proxy \(address) answers 407"), "\(refused.errors)")
    #expect(refused.errors.contains("name and password"), "\(refused.errors)")
    #expect(provider.requests.isEmpty)
  }

  @Test func `a job file names a proxy and where its login is`() throws {
    let proxy = try ProxyServer.tinyproxy(user: "night", password: "jar-canary-1")
    let route = "office: {proxy: \"http://127.0.0.1:\(proxy.port)\", user: env:U, password: env:P}"
    try job("  " + route, "routes: office")
    let environment = ["U": "night", "P": "jar-canary-1"]
    let ending = try folder.nightjar(["run", "job.yaml"], environment: environment)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try routes() == ["office": 20])
    #expect(proxy.log.contains("CONNECT 127.0.0.1"))
    for name in folder.files { #expect(!folder.read(name).contains("jar-canary-1"), "\(name)") }
    let none = try folder.nightjar(["run", "job.yaml", "--output", "b.jsonl"])
    #expect(none.status != 0)
    #expect(none.errors.contains("variable U is not set"), "\(none.errors)")
  }

  @Test func `each endpoint goes by its own proxy, and no other host is seen there`() throws {
    let proxies = [try ProxyServer.tinyproxy(), try ProxyServer.tinyproxy()]
    let servers = [
      nginx, try NginxServer(locations: "location / { proxy_pass \(provider.url); }"),
      try NginxServer(locations: "location / { proxy_pass \(provider.url); }"),
    ]
    let accounts = zip(["a", "b", "direct"], servers).map { route, server in
      """
        - keys: env:REHEARSAL
          endpoints: {url: "\(server.tlsURL)", routes: \(route), tls: {ca_file: \(server.caFile)}}
      """
    }
    try folder.write(
      "job.yaml",
      """
      input: in.jsonl
      output: out.jsonl
      provider: openai
      model: any
      routes:
        a: {proxy: "http://127.0.0.1:\(proxies[0].port)"}
        b: {proxy: "http://127.0.0.1:\(proxies[1].port)"}
      accounts:
      \(accounts.joined(separator: "\n"))
      """
    )
    let ending = try folder.nightjar(["run", "job.yaml"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(Set(try routes().keys) == ["a", "b", ""])
    for (proxy, own) in zip(proxies, servers) {
      for server in servers {
        let port = server.tlsURL.split(separator: ":").last ?? ""
        let isOwn = server.tlsURL == own.tlsURL
        #expect(proxy.log.contains("CONNECT 127.0.0.1:\(port)") == isOwn, "\(proxy.log)")
      }
    }
  }

  @Test func `what breaks on one route goes by another at once, and is charged to no job`() throws {
    // Half of the ways out break every handshake.
    let broken = try RawServer { connection in
      _ = connection.readSome()
      connection.reset()
    }
    defer { broken.stop() }
    try job(
      "  line: {connect_to: \"127.0.0.1:\(broken.port)\"}",
      "routes: [line, direct], order: listed"
    )
    let ending = try folder.nightjar(["run", "job.yaml", "--json"])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try ending.report().retries == 0)
    #expect(broken.connectionCount > 0)
    #expect(try routes() == ["": 20])
  }

  @Test func `a proxy that says its login back has it said to nobody`() throws {
    let login = Data("night:jar-canary-2".utf8).base64EncodedString()
    let proxy = try RawServer { connection in
      while let request = connection.readRequest() {
        let echo = request.replacing("\r\n", with: " ")
        let answer = "403 \(echo)\r\nX-Echo: \(echo)\r\nContent-Length: \(echo.utf8.count)\r\n\r\n"
        connection.write("HTTP/1.1 \(answer)\(echo)")
      }
    }
    defer { proxy.stop() }
    let address = "http://127.0.0.1:\(proxy.port)"
    try job("  a: {proxy: \"\(address)\", user: env:U, password: env:P}", "routes: a")
    let ending = try folder.nightjar(
      ["run", "job.yaml", "--give-up-after", "1", "--log-level", "trace"],
      environment: ["U": "night", "P": "jar-canary-2"]
    )
    #expect(ending.status == 69)
    #expect(proxy.requests.contains { $0.contains(login) })
    #expect(provider.requests.isEmpty)
    for text in [ending.errors, ending.output] + folder.files.map(folder.read) {
      #expect(!text.contains("jar-canary-2") && !text.contains(login), "\(text)")
    }
  }

  @Test func `flags name the way for all endpoints`() throws {
    let proxy = try ProxyServer.tinyproxy()
    try job("  line: {connect_to: \"127.0.0.1:1\"}", "routes: line")
    let url = "http://127.0.0.1:\(proxy.port)"
    let proxied = try folder.nightjar(["run", "job.yaml", "--limit", "5", "--proxy", url])
    #expect([0, 75].contains(proxied.status), "\(proxied.errors)")
    let direct = try folder.nightjar(["run", "job.yaml", "--limit", "10", "--route", "direct"])
    #expect([0, 75].contains(direct.status), "\(direct.errors)")
    let port = nginx.tlsURL.split(separator: ":").last ?? ""
    let base = ["--base-url", "https://localhost", "--connect-to", "127.0.0.1:\(port)"]
    let line = try folder.nightjar(["run", "job.yaml"] + base)
    #expect(line.status == 0, "\(line.errors)")
    #expect(try routes() == ["proxy": 5, "": 5, "connect-to": 10])
  }

  @Test func `the environment's proxy counts where it is asked for, and never for this machine`()
    throws
  {
    let environment = ["HTTPS_PROXY": "http://u:p%40@127.0.0.1:1", "NO_PROXY": "example.com"]
    let here = flags + ["--base-url", nginx.tlsURL, "--proxy", "env"]
    let ending = try folder.nightjar(here, environment: environment)
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try routes() == ["": 20])
    let away = flags.map { $0 == "out.jsonl" ? "b.jsonl" : $0 } + ["--proxy", "env", "--base-url"]
    let there = try folder.nightjar(away + ["https://example.net"], environment: environment)
    #expect(there.status == 69)
    #expect(there.errors.contains("the proxy 127.0.0.1:1"), "\(there.errors)")
    let unset = try folder.nightjar(away + ["https://example.net"])
    #expect(unset.status == 64)
    #expect(unset.errors.contains("HTTPS_PROXY"), "\(unset.errors)")
    let port = try FreePort.find()
    let dead = away.dropLast(3) + ["--base-url", "https://127.0.0.1:\(port)"]
    let unused = try folder.nightjar(Array(dead), environment: environment)
    #expect(unused.status == 69)
    #expect(unused.errors.contains("HTTPS_PROXY is set, and used with --proxy env"))
  }

  @Test(arguments: [
    ("  a: {unix: s.sock}", "network: {ip: 4}, routes: a", "`network` is not for the route `a`"),
    ("  a: {connect_to: \"h:1\"}", "network: {resolve: {a.b: 10.0.0.1}}, routes: a", "keep one"),
    ("  a: {proxy: \"http://h:1\"}", "tls: {pin: \"x\"}, routes: a", "pinned key"),
    ("  a: {proxy: \"http://h:1\"}", "tls: {ca_file: none.pem}", "cannot read the CA file"),
  ])
  func `what cannot be together is said with its line before anything is sent`(
    routes: String,
    endpoint: String,
    message: String
  ) throws {
    try job(routes, endpoint)
    let ending = try folder.nightjar(["run", "job.yaml"])
    #expect(ending.status == 78)
    #expect(ending.errors.contains(message), "\(ending.errors)")
    #expect(ending.errors.contains("job.yaml:9"), "\(ending.errors)")
    #expect(!folder.exists("out.jsonl"))
  }

  @Test func `no key goes to a proxy in the clear, and no two flags name two ways`() throws {
    let clear = try folder.nightjar(
      flags + ["--base-url", provider.url, "--proxy", "http://127.0.0.1:1"]
    )
    #expect(clear.status == 64)
    #expect(clear.errors.contains("in the clear"), "\(clear.errors)")
    let two = try folder.nightjar(flags + ["--proxy", "http://h:1", "--route", "direct"])
    #expect(two.status == 64)
    #expect(two.errors.contains("--proxy and --route"), "\(two.errors)")
    let none = try folder.nightjar(flags + ["--route", "office"])
    #expect(none.status == 64)
    #expect(none.errors.contains("no route office"), "\(none.errors)")
  }
}
