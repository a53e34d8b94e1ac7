import Foundation
import Synchronization
import TestSupport

/// A server that sends back all that it was sent: in the status line, in fields, in the body.
final class Mirror: Sendable {
  struct Answer {
    var status: String
    var body: String
    var fields = ""
  }

  let server: RawServer
  /// Where its redirects point; nothing may come here.
  let elsewhere: RawServer

  var url: String { server.url }
  /// The address as stores want it, without a slash at its end.
  var address: String { String(server.url.dropLast()) }

  /// - Parameter answer: makes the answer to a request out of it and of what to send back, ready to
  ///   stand in a JSON string; nil for none.
  init(_ answer: @escaping @Sendable (_ request: String, _ echo: String) -> Answer?) throws {
    let elsewhere = try RawServer { $0.readRequest() }
    self.elsewhere = elsewhere
    server = try RawServer { connection in
      while let request = connection.readRequest() {
        let head = request.components(separatedBy: "\r\n\r\n")[0]
        let credential = Self.credential(in: head)
        // Some keep only the start of a message.
        guard let answer = answer(request, Self.quoted("\(credential) in \(head)")) else {
          return connection.waitForClose()
        }
        connection.write(
          "HTTP/1.1 \(answer.status) \(credential)\r\nContent-Length: \(answer.body.utf8.count)\r\n"
            + "X-Echo: \(credential)\r\nrequest-id: \(credential)\r\n\(answer.fields)"
            + "Location: \(elsewhere.url)\(credential)\r\n\r\n\(answer.body)"
        )
      }
    }
  }

  deinit {
    server.stop()
    elsewhere.stop()
  }

  private static func credential(in head: String) -> String {
    let names = ["x-api-key: ", "authorization: bearer ", "x-amz-security-token: "]
    for line in head.components(separatedBy: "\r\n") {
      for name in names where line.lowercased().hasPrefix(name) {
        return String(line.dropFirst(name.count))
      }
    }
    return "none"
  }

  private static func quoted(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\r\n", with: "\\n")
  }
}

extension Mirror {
  /// A provider that answers as the word after `say ` in a prompt tells, and well when the same
  /// word comes again.
  static func provider() throws -> Mirror {
    let said = Mutex<Set<String>>([])
    return try Mirror { request, echo in
      let rest = request.components(separatedBy: "say ").last ?? ""
      let word = String(rest.prefix { $0.isLetter || $0.isNumber })
      let isNew = said.withLock { $0.insert(word).inserted }
      switch isNew ? word : "fine" {
      case "garbage": return Answer(status: "200", body: #"{"content":[{"text":"\#(echo)"#)
      case "hold": return nil
      case "fine":
        // An answer keeps what it says of a key that never left this machine, so it says nothing.
        return Answer(status: "200", body: #"{"content":[{"type":"text","text":"fine"}]}"#)
      case let status:
        let error = #"{"type":"\#(echo)","message":"you said: \#(echo)"}"#
        return Answer(
          status: status,
          body: #"{"type":"error","error":\#(error)}"#,
          fields: "retry-after: 0\r\n"
        )
      }
    }
  }

  /// A secret store that refuses everything in this way.
  static func store(_ refusal: String) throws -> Mirror {
    try Mirror { _, echo in
      switch refusal {
      case "garbage": return Answer(status: "200", body: "<html>\(echo)")
      case "302", "307": return Answer(status: refusal, body: "")
      default:
        let parts = refusal.split(separator: " ").map(String.init)
        let type = parts.count > 1 ? parts[1] : echo
        return Answer(
          status: parts[0],
          body: #"{"__type":"\#(type)","message":"you sent \#(echo)","errors":["\#(echo)"]}"#
        )
      }
    }
  }

  /// AWS Secrets Manager with one secret.
  static func secretsManager(holding value: String) throws -> Mirror {
    try Mirror { request, echo in
      if request.contains("AWSPREVIOUS") {
        return Answer(
          status: "400",
          body: #"{"__type":"ResourceNotFoundException","message":"\#(echo)"}"#
        )
      }
      return Answer(
        status: "200",
        body: #"{"Name":"\#(echo)","VersionId":"v-1","SecretString":"\#(value)"}"#
      )
    }
  }
}
