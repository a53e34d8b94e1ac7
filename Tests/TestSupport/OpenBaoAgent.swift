import Foundation

/// A real agent of OpenBao that logs in by AppRole: it writes its token into a file, and lends it
/// to whoever asks at its own address.
package final class OpenBaoAgent: Sendable {
  /// The file that its token is in.
  package let sink: String
  /// Where it listens in the server's place, and adds its token to requests.
  package let url: String
  private let process: OpenBaoProcess

  /// Starts it, and waits until it has written the file.
  ///
  /// - Parameter sinkOptions: more lines for its sink, such as `wrap_ttl = "60s"`.
  package init(
    of server: OpenBaoServer,
    roleID: String,
    secretID: String,
    sinkOptions: String = ""
  ) throws {
    let folder = "\(server.folder)/agent-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try roleID.write(toFile: folder + "/role_id", atomically: true, encoding: .utf8)
    try secretID.write(toFile: folder + "/secret_id", atomically: true, encoding: .utf8)
    sink = folder + "/sink"
    let address = "127.0.0.1:\(try FreePort.find())"
    url = "http://\(address)"
    let configuration = """
      vault { address = "\(server.plainURL)" }
      auto_auth {
        method "approle" {
          config = {
            role_id_file_path = "\(folder)/role_id"
            secret_id_file_path = "\(folder)/secret_id"
          }
        }
        sink "file" {
          \(sinkOptions)
          config = { path = "\(sink)" }
        }
      }
      api_proxy { use_auto_auth_token = true }
      listener "tcp" {
        address = "\(address)"
        tls_disable = true
        require_request_header = true
      }
      """
    try configuration.write(toFile: folder + "/agent.hcl", atomically: true, encoding: .utf8)
    process = try OpenBaoProcess(
      ["agent", "-config=\(folder)/agent.hcl"],
      home: folder,
      untilItSays: "token written"
    )
  }

  deinit { process.kill() }
}
