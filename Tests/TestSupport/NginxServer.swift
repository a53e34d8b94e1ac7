import Foundation
import Glibc

/// Debian's nginx on loopback, in plain HTTP/1.1 and in TLS with HTTP/2, from a folder of its own.
package final class NginxServer: Sendable {
  package let url: String
  package let tlsURL: String
  /// The authority that signed the certificate of ``tlsURL``.
  package let authority: TestAuthority
  package var caFile: String { authority.caFile }
  private let process: Process
  private let folder: String

  private static let modules = ["ndk_http_module", "ngx_http_lua_module"]
    .map { "/usr/lib/nginx/modules/\($0).so" }

  private static let streamModule = "/usr/lib/nginx/modules/ngx_stream_module.so"

  /// Whether its module for streams is installed too.
  package static var hasStreams: Bool {
    isInstalled && FileManager.default.fileExists(atPath: streamModule)
  }

  /// Whether nginx, its lua module and openssl are installed.
  package static var isInstalled: Bool {
    Tool.find("nginx") != nil && TestAuthority.isInstalled
      && modules.allSatisfy(FileManager.default.fileExists)
  }

  /// Starts nginx with these `location` blocks, and whatever else a server may hold.
  ///
  /// It ends by itself after two minutes. Relative files are found beside those of ``authority``.
  ///
  /// - Parameter streams: what stands in the `stream` block, which needs its module.
  package init(locations: String, streams: String? = nil) throws {
    folder = NSTemporaryDirectory() + "nightjar-nginx-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    authority = try TestAuthority(in: folder)
    let (port, tlsPort) = (try FreePort.find(), try FreePort.find())
    url = "http://127.0.0.1:\(port)"
    tlsURL = "https://127.0.0.1:\(tlsPort)"
    let configuration = Self.configuration(
      folder: folder,
      listen: ["127.0.0.1:\(port)", "127.0.0.1:\(tlsPort) ssl http2"],
      authority: authority,
      locations: locations,
      streams: streams
    )
    let path = folder + "/nginx.conf"
    try configuration.write(toFile: path, atomically: true, encoding: .utf8)
    process = Process()
    try start(configuration: path)
  }

  deinit {
    // Not by Process.terminate(): a child inherits the signals that its parent's thread blocks, and
    // the threads of tasks block them all. nginx unblocks them for itself.
    let pid = try? String(contentsOfFile: folder + "/pid", encoding: .utf8)
    if let pid = pid.flatMap({ pid_t($0.prefix(while: \.isNumber)) }) { kill(pid, SIGTERM) }
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Runs nginx and waits until it says that its worker has started.
  private func start(configuration: String) throws {
    let log = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["120", Tool.find("nginx") ?? "nginx", "-p", folder, "-c", configuration]
    process.standardError = log
    try process.run()
    var text = ""
    while !text.contains("start worker process ") {
      let more = log.fileHandleForReading.availableData
      guard !more.isEmpty else { throw TestServerError("nginx did not start: \(text)") }
      text += String(decoding: more, as: UTF8.self)
    }
  }

  private static func configuration(
    folder: String,
    listen: [String],
    authority: TestAuthority,
    locations: String,
    streams: String?
  ) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "\($0)_temp_path \(folder)/\($0);" }
    let module = streams.map { _ in "load_module \(streamModule);" } ?? ""
    return """
      \(module) \(modules.map { "load_module \($0);" }.joined(separator: "\n"))
      daemon off; worker_processes 1; pid \(folder)/pid; error_log stderr notice;
      events { worker_connections 2048; }
      http {
        access_log off; keepalive_requests 100000; client_body_buffer_size 1m;
        \(temporary.joined(separator: " "))
        server {
          \(listen.map { "listen \($0) backlog=2048;" }.joined(separator: " "))
          ssl_certificate \(authority.certificateFile);
          ssl_certificate_key \(authority.keyFile);
          ssl_protocols TLSv1.2 TLSv1.3;
          \(locations)
        }
      }
      \(streams.map { "stream { \($0) }" } ?? "")
      """
  }
}
