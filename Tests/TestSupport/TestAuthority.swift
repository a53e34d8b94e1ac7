import Foundation

/// A certificate authority made for one test run, and a certificate for 127.0.0.1 and localhost
/// signed by it, which suits servers and clients.
package struct TestAuthority: Sendable {
  package let caFile: String
  package let certificateFile: String
  package let keyFile: String

  package static var isInstalled: Bool { Tool.find("openssl") != nil }

  /// Writes the three PEM files into a folder.
  package init(in folder: String) throws {
    caFile = folder + "/ca.pem"
    certificateFile = folder + "/server.pem"
    keyFile = folder + "/server.key"
    let extensions = folder + "/extensions"
    try "subjectAltName=IP:127.0.0.1,DNS:localhost"
      .write(toFile: extensions, atomically: true, encoding: .utf8)
    let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    let caKey = folder + "/ca.key"
    let request = folder + "/server.csr"
    try Tool.run(
      "openssl",
      ["req", "-x509", "-days", "2", "-subj", "/CN=Test CA", "-keyout", caKey, "-out", caFile]
        + newKey
    )
    try Tool.run(
      "openssl",
      ["req", "-subj", "/CN=127.0.0.1", "-keyout", keyFile, "-out", request] + newKey
    )
    try Tool.run(
      "openssl",
      [
        "x509", "-req", "-days", "2", "-in", request, "-CA", caFile, "-CAkey", caKey,
        "-CAcreateserial", "-extfile", extensions, "-out", certificateFile,
      ]
    )
  }
}
