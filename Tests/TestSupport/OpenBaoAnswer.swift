import Foundation

/// What OpenBao answered to a call of its API.
package struct OpenBaoAnswer {
  package let status: Int
  private let body: Any?

  init(status: Int, text: Data) {
    self.status = status
    body = try? JSONSerialization.jsonObject(with: text)
  }

  package var isGood: Bool { (200..<300).contains(status) }

  /// Throws unless it is good.
  @discardableResult
  package func checked() throws -> OpenBaoAnswer {
    guard isGood else {
      throw TestServerError("OpenBao answered \(status): \(strings("errors"))")
    }
    return self
  }

  /// The string at a path of members.
  package func string(_ path: String...) -> String? { value(path) as? String }

  /// The number at a path of members.
  package func integer(_ path: String...) -> Int? { (value(path) as? NSNumber)?.intValue }

  /// The strings in the array at a path of members.
  package func strings(_ path: String...) -> [String] { value(path) as? [String] ?? [] }

  private func value(_ path: [String]) -> Any? {
    path.reduce(body) { value, name in (value as? [String: Any])?[name] }
  }
}

extension OpenBaoServer {
  /// Calls the API at a path below `/v1/`, as root unless another token is given.
  package func call(
    _ method: String,
    _ path: String,
    _ body: [String: Any]? = nil,
    token: String? = nil,
    headers: [String] = []
  ) throws -> OpenBaoAnswer {
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: Tool.find("curl") ?? "curl")
    process.arguments =
      ["-s", "--max-time", "20", "-w", "\n%{http_code}", "-X", method]
      + (headers + ["X-Vault-Token: \(token ?? rootToken)"]).flatMap { ["-H", $0] }
      + (body == nil ? [] : ["--data-binary", "@-"]) + ["\(plainURL)/v1/\(path)"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    if let body {
      try input.fileHandleForWriting.write(contentsOf: JSONSerialization.data(withJSONObject: body))
    }
    try input.fileHandleForWriting.close()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let end = text.lastIndex(of: UInt8(ascii: "\n")) ?? text.startIndex
    let status = Int(String(decoding: text[end...].dropFirst(), as: UTF8.self)) ?? 0
    return OpenBaoAnswer(status: status, text: Data(text[..<end]))
  }

  /// How often an operation was asked for at a path, by the audit log.
  package func count(_ operation: String, _ path: String) -> Int {
    let log = (try? String(contentsOfFile: folder + "/audit.log", encoding: .utf8)) ?? ""
    return log.split(separator: "\n").count { line in
      let entry = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let request = entry?["request"] as? [String: Any]
      return entry?["type"] as? String == "request"
        && request?["operation"] as? String == operation && request?["path"] as? String == path
    }
  }
}
