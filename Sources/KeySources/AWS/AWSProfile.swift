import Secrets

/// What the AWS configuration files say under one name.
struct AWSProfile: ~Copyable {
  let name: String
  var region: String?
  var endpoint: String?
  var accessKeyID: String?
  var secretKey: Secret?
  var sessionToken: Secret?
  /// A command that prints credentials.
  var credentialProcess: String?
  /// A setting by which AWS's own programs would log in, and nightjar does not.
  var unsupported: String?
  /// Whether any file has the name.
  private(set) var exists = false

  private static let logins = [
    "role_arn", "sso_session", "sso_start_url", "web_identity_token_file", "credential_source",
    "login_session",
  ]

  init(name: String) {
    self.name = name
  }

  /// Adds what a file says; what is there already is replaced.
  ///
  /// - Parameters:
  ///   - text: a file of sections `[name]` with lines `key = value`.
  ///   - prefixed: whether sections are named `[profile name]`, all but `[default]`.
  mutating func add(_ text: Span<UInt8>, prefixed: Bool) {
    let wanted = prefixed && name != "default" ? "profile \(name)" : name
    var isWanted = false
    for line in Self.lines(of: text) {
      let content = Self.trimmed(line, of: text)
      guard let first = content.first else { continue }
      switch text[first] {
      case UInt8(ascii: "#"), UInt8(ascii: ";"): continue
      case UInt8(ascii: "["):
        isWanted = Self.title(Self.string(content, of: text)) == wanted
        exists = exists || isWanted
      // An indented line belongs to the setting above it.
      case _ where isWanted && first == line.lowerBound: set(content, of: text)
      default: continue
      }
    }
  }

  private mutating func set(_ line: Range<Int>, of text: Span<UInt8>) {
    guard let sign = line.first(where: { text[$0] == UInt8(ascii: "=") }) else { return }
    let key = Self.string(Self.trimmed(line.lowerBound..<sign, of: text), of: text).lowercased()
    let value = Self.trimmed(sign + 1..<line.upperBound, of: text)
    guard !value.isEmpty else { return }
    switch key {
    case "region": region = Self.string(value, of: text)
    case "endpoint_url": endpoint = Self.string(value, of: text)
    case "aws_access_key_id": accessKeyID = Self.string(value, of: text)
    case "aws_secret_access_key": secretKey = Secret(copying: text.extracting(value))
    case "aws_session_token": sessionToken = Secret(copying: text.extracting(value))
    case "credential_process": credentialProcess = Self.string(value, of: text)
    case _ where Self.logins.contains(key): unsupported = key
    default: return
    }
  }

  /// `[ profile  main ]` is titled `profile main`.
  private static func title(_ line: String) -> String {
    line.dropFirst().prefix { $0 != "]" }.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
  }

  private static func lines(of text: Span<UInt8>) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = 0
    for index in 0...text.count where index == text.count || text[index] == UInt8(ascii: "\n") {
      lines.append(start..<index)
      start = index + 1
    }
    return lines
  }

  private static func trimmed(_ range: Range<Int>, of text: Span<UInt8>) -> Range<Int> {
    var range = range
    while let first = range.first, text[first] <= 0x20 { range.removeFirst() }
    while let last = range.last, text[last] <= 0x20 { range.removeLast() }
    return range
  }

  private static func string(_ range: Range<Int>, of text: Span<UInt8>) -> String {
    String(decoding: range.map { text[$0] }, as: UTF8.self)
  }
}
