import Foundation
import KeySources
import TestSupport
import Testing

@Suite(
  .timeLimit(.minutes(10)),
  .needsOpenBao,
  .enabled(if: TestAuthority.isInstalled, "needs openssl"),
  .serialized
)
struct VaultTLSTests {
  private let folder: TemporaryFolder
  private let authority: TestAuthority

  init() throws {
    folder = try TemporaryFolder()
    authority = try TestAuthority(in: folder.path)
  }

  private func server(
    certificate: (file: String, key: String)? = nil,
    clientAuthority: String? = nil
  ) throws -> OpenBaoServer {
    let server = try OpenBaoServer(
      tls: OpenBaoServer.TLS(
        certificateFile: certificate?.file ?? authority.certificateFile,
        keyFile: certificate?.key ?? authority.keyFile,
        clientAuthority: clientAuthority
      )
    )
    try server.put("llm", ["key": "sk-1"])
    return server
  }

  private func user(of server: OpenBaoServer, caFile: String?) throws -> VaultUser {
    var user = try VaultUser(of: server)
    user.settings.caFile = caFile
    user.settings.retries = 0
    return user
  }

  @Test func `trusts the authority that is named, and no other`() async throws {
    let server = try server()
    defer { server.stop() }
    #expect(try await user(of: server, caFile: authority.caFile).values("secret/llm") == ["sk-1"])
    let other = folder.path + "/other"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    for caFile in [nil, try TestAuthority(in: other).caFile] {
      let problem = try await user(of: server, caFile: caFile).source("secret/llm").problem()
      #expect(problem.kind == .unavailable)
      #expect(problem.description.contains("no secure connection"))
    }
  }

  @Test func `a certificate file that is not there is refused at once`() throws {
    let server = try server()
    defer { server.stop() }
    let user = try user(of: server, caFile: "/none/ca.pem")
    let problem = try #require(#expect(throws: KeySourceError.self) { try user.vault() })
    #expect(problem.kind == .usage)
    #expect(problem.description.contains("/none/ca.pem"))
  }

  @Test func `shows its certificate where the server asks for one`() async throws {
    let server = try server(clientAuthority: authority.caFile)
    defer { server.stop() }
    var user = try user(of: server, caFile: authority.caFile)
    #expect(try await user.source("secret/llm").problem().kind == .unavailable)
    user.settings.clientCertificate = authority.certificateFile
    user.settings.clientKey = authority.keyFile
    #expect(try await user.values("secret/llm") == ["sk-1"])
  }

  @Test func `checks the certificate for the name that is set`() async throws {
    let server = try server(certificate: try certificate(for: "vault.internal"))
    defer { server.stop() }
    var user = try user(of: server, caFile: authority.caFile)
    #expect(try await user.source("secret/llm").problem().kind == .unavailable)
    user.settings.serverName = "vault.internal"
    #expect(try await user.values("secret/llm") == ["sk-1"])
    user.settings.serverName = "other.internal"
    #expect(try await user.source("secret/llm").problem().kind == .unavailable)
  }

  /// A certificate of the authority for one name, which is not that of the address.
  private func certificate(for name: String) throws -> (file: String, key: String) {
    let path = "\(folder.path)/\(name)"
    try folder.write("subjectAltName=DNS:\(name)", to: "\(name).extensions")
    try Tool.run(
      "openssl",
      [
        "req", "-subj", "/CN=\(name)", "-newkey", "rsa:2048", "-nodes", "-keyout", path + ".key",
        "-out", path + ".csr",
      ]
    )
    try Tool.run(
      "openssl",
      [
        "x509", "-req", "-days", "2", "-in", path + ".csr", "-CA", authority.caFile, "-CAkey",
        folder.path + "/ca.key", "-CAcreateserial", "-extfile", path + ".extensions", "-out",
        path + ".pem",
      ]
    )
    return (path + ".pem", path + ".key")
  }
}
