import Foundation
import TestSupport
import Testing

/// What `nightjar doctor` tells before a run.
struct DoctorTests {
  private struct Report: Decodable {
    struct Path: Decodable {
      let account, key, endpoint, route: String
      let accepted: Bool?
      let address, issuer: String?
      let status, name_ms, tcp_ms, tls_ms, answer_ms: Int?
    }
    struct Finding: Decodable, Equatable {
      let subject, grade, words: String
      let next: String?
    }
    let exit: Int32
    let paths: [Path]
    let findings: [Finding]

    func findings(_ grade: String) -> [Finding] { findings.filter { $0.grade == grade } }
  }

  private let folder: Scratch
  private let provider: Provider

  init() throws {
    folder = try Scratch()
    provider = try Provider(["--clock-skew=-600s"], in: folder)
  }

  private func doctor(
    _ arguments: [String],
    environment: [String: String] = [:]
  ) throws -> (report: Report, ending: Program.Ending) {
    let ending = try folder.nightjar(["doctor", "--json"] + arguments, environment: environment)
    let report = try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8))
    #expect(ending.status == report.exit && ending.errors.isEmpty, "\(ending.errors)")
    return (report, ending)
  }

  private func job(_ endpoints: String, keys: String = "env:REHEARSAL") throws {
    try folder.write(
      "job.yaml",
      """
      provider: anthropic
      model: any
      max_tokens: 64
      input: in.jsonl
      output: out.jsonl
      routes:
        dead: {proxy: "http://127.0.0.1:\(try FreePort.find())"}
      accounts:
        - name: night
          keys: [\(keys)]
          limits: {requests_per_minute: 4000}
          endpoints: [\(endpoints)]
      """
    )
  }

  @Test func `a run that could start is told so, and nothing is spent or written`() throws {
    try job("\"\(provider.url)\"")
    let (report, _) = try doctor(["job.yaml"])
    let path = try #require(report.paths.first)
    #expect(report.exit == 0 && report.paths.count == 1)
    #expect(path.account == "night" && path.route == "direct" && path.address == "127.0.0.1")
    #expect(path.accepted == true && path.status == 200 && path.tls_ms == nil)
    #expect(report.findings.contains { $0.words == "4000 requests a minute" })
    #expect(provider.requests.allSatisfy { $0.output_tokens == 0 && $0.input_tokens == 0 })
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    #expect(
      files.allSatisfy { $0 == "job.yaml" || $0.hasPrefix("ledger-") || $0.hasPrefix("program-") },
      "\(files)"
    )
  }

  @Test func `people get a table, with what to do`() throws {
    let ending = try folder.nightjar(
      ["doctor", "--base-url", provider.url, "--provider", "anthropic", "--key", "env:REHEARSAL"],
      environment: ["HTTPS_PROXY": "http://127.0.0.1:1"]
    )
    #expect(ending.status == 0, "\(ending.errors)")
    let lines = ending.output.split(separator: "\n").map(String.init)
    #expect(lines.first?.hasPrefix("ACCOUNT") == true && lines[1].hasSuffix("yes"), "\(lines)")
    #expect(lines.contains("warning  environment: HTTPS_PROXY is set, and not heeded"), "\(lines)")
    #expect(lines.contains("         next: where requests have to go by it: --proxy env"))
    let clock = lines.first { $0.contains("clock: ") } ?? ""
    #expect(clock.contains("ahead of the provider's"), "\(lines)")
  }

  @Test func `a key that is refused or cannot be had is named, and never shown`() throws {
    let key = "sk-ant-canary-0123456789abcdef"
    let strict = try Provider(["--account", "main=another-key"], in: folder)
    try job("\"\(strict.url)\"", keys: "env:REHEARSAL, env:ABSENT")
    let (report, ending) = try doctor(["job.yaml"], environment: ["REHEARSAL": key])
    #expect(report.exit == 77 && report.paths.map(\.accepted) == [false])
    let faults = report.findings("fault").map(\.words)
    #expect(faults.contains { $0.contains("ABSENT is not set") }, "\(faults)")
    #expect(faults.contains { $0.contains("refuses env:REHEARSAL") }, "\(faults)")
    #expect(!ending.output.contains("canary"))
  }

  @Test func `a server that repeats the key has it shown nowhere`() throws {
    let key = "sk-ant-canary-0123456789abcdef"
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write(
          "HTTP/1.1 302 Found\r\nlocation: /login?\(key)\r\ncontent-length: 30\r\n\r\n\(key)"
        )
      }
    }
    defer { server.stop() }
    try job("\"http://127.0.0.1:\(server.port)\"")
    let (report, ending) = try doctor(["job.yaml"], environment: ["REHEARSAL": key])
    #expect(report.exit == 69 && report.findings("fault").count == 1, "\(ending.output)")
    #expect(!ending.output.contains("canary"), "\(ending.output)")
  }

  @Test func `an endpoint is looked at also where no key can be had`() throws {
    try job("\"\(provider.url)\"", keys: "env:ABSENT")
    let (report, _) = try doctor(["job.yaml"])
    #expect(report.exit == 77)
    #expect(report.paths.map(\.address) == ["127.0.0.1"])
    #expect(report.findings("fault").map(\.subject) == ["key env:ABSENT"])
  }

  @Test func `a page of something on the way is not taken for the provider`() throws {
    let server = try RawServer { connection in
      while connection.readRequest() != nil {
        connection.write("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n<p>Log in</p>")
      }
    }
    defer { server.stop() }
    try job("\"http://127.0.0.1:\(server.port)\"")
    let (report, _) = try doctor(["job.yaml"])
    #expect(report.exit == 0 && report.paths.map(\.accepted) == [nil])
    #expect(report.findings("warning").contains { $0.words.contains("no list of models") })
  }

  @Test(.enabled(if: NginxServer.isInstalled, "needs nginx and openssl"))
  func `each route is tried, and a certificate is told of`() throws {
    let nginx = try NginxServer(locations: "location / { proxy_pass \(provider.url); }")
    try job("{url: \"\(nginx.tlsURL)\", routes: [direct, dead]}")
    let (report, _) = try doctor(["job.yaml", "--ca-file", nginx.caFile])
    #expect(report.exit == 69)
    #expect(report.paths.map(\.route) == ["direct", "dead"])
    #expect(report.paths[0].accepted == true && report.paths[0].tls_ms != nil)
    #expect(report.paths[0].issuer?.isEmpty == false)
    let faults = report.findings("fault")
    #expect(faults.count == 1 && faults[0].words.contains("refused by the proxy"), "\(faults)")
    let (unknown, _) = try doctor(["job.yaml", "--route", "direct"])
    #expect(
      unknown.exit == 69 && unknown.findings("fault").first?.words.contains("ca-file") == true
    )
  }

  @Test func `a place where nothing can be written is told of`() throws {
    try job("\"\(provider.url)\"")
    let (report, _) = try doctor(["job.yaml", "-o", "no/such/folder/out.jsonl"])
    #expect(report.exit == 73)
    #expect(report.findings("fault").map(\.subject) == ["disk"])
  }
}
