import JSON
import Secrets

extension JSONToken {
  /// The value of a string, straight from its text; empty for other kinds.
  func secret(in text: Span<UInt8>) -> Secret {
    Secret(capacity: range.count) { output in
      unescape(in: text) { piece in
        for index in piece.indices { output.append(piece[index]) }
      }
    }
  }
}

extension JSONError {
  /// What is wrong and where, for messages about a text that is not shown.
  var why: String { (isSyntax ? "it is not valid JSON: " : "") + "\(message) (byte \(offset))" }
}
