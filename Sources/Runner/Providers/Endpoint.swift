import Secrets

/// A provider's base URL, such as `https://api.openai.com` or `https://host/openai/v1`.
///
/// It may end in `/v1` or not: a request's path is joined so that the version stands once.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// Scheme, host, port and path prefix, without a trailing slash.
  package let url: String
  /// The host in lower case, an IPv6 address in brackets.
  package let host: String
  /// Where it answers from, as the job file says; nil where nothing is said.
  package let region: String?
  /// Whether the prefix names an API version itself, so that paths lose theirs.
  private let namesVersion: Bool

  /// Reads a base URL.
  ///
  /// - Parameters:
  ///   - text: the base URL.
  ///   - region: where it answers from, if that is known.
  /// - Throws: an ``EndpointError`` for anything but `https://host[:port][/prefix]`, or `http://`
  ///   on a loopback host; user names, queries and fragments have no place in a base URL.
  package init(_ text: String, region: String? = nil) throws(EndpointError) {
    guard let parts = try URLParts(text) else {
      throw EndpointError(
        message: "\"\(Scrubber(limit: 200).scrub(text))\" is not a base URL; "
          + "write it like https://api.example.com/v1"
      )
    }
    guard parts.scheme == "https" || isLoopback(parts.host) else {
      throw EndpointError(
        message: "http://\(parts.host) would send the key in the clear; use https://, "
          + "http:// is for loopback only"
      )
    }
    let prefix = parts.segments.map { "/" + $0 }.joined()
    url = parts.scheme + "://" + parts.host + (parts.port.map { ":\($0)" } ?? "") + prefix
    host = parts.host
    self.region = region
    namesVersion = parts.segments.contains(where: isVersion)
  }

  /// The URL of a path such as `/v1/messages`.
  package func url(for path: String) -> String {
    namesVersion && path.hasPrefix("/v1/") ? url + path.dropFirst(3) : url + path
  }

  package var description: String { url }

  /// A provider's own API, at the root of its host.
  init(officialHost host: String) {
    url = "https://" + host
    self.host = host
    region = nil
    namesVersion = false
  }
}

/// Why a base URL cannot be used.
package struct EndpointError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong and what to write instead.
  package let message: String

  package var description: String { message }
}

/// The parts of `scheme://host[:port][/segment…]` (RFC 3986), and nothing else.
private struct URLParts {
  var scheme: String
  var host: String
  var port: Int?
  var segments: [Substring]

  init?(_ text: String) throws(EndpointError) {
    guard let mark = text.firstRange(of: "://") else { return nil }
    scheme = text[..<mark.lowerBound].lowercased()
    guard scheme == "https" || scheme == "http" else { return nil }
    let rest = text[mark.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.contains("@") else {
      throw EndpointError(
        message: "the base URL holds a user name or password; leave it out, "
          + "keys are given by reference"
      )
    }
    guard !rest.contains("?"), !rest.contains("#") else {
      throw EndpointError(
        message: "the base URL holds a query or fragment; write only scheme, host and path"
      )
    }
    segments = rest.dropFirst(authority.count).split(separator: "/")
    guard segments.allSatisfy(isPathSegment) else { return nil }
    let hostEnd =
      authority.hasPrefix("[")
      ? authority.firstIndex(of: "]").map(authority.index(after:)) : authority.firstIndex(of: ":")
    host = authority[..<(hostEnd ?? authority.endIndex)].lowercased()
    guard isHost(host) else { return nil }
    let tail = authority[(hostEnd ?? authority.endIndex)...]
    guard !tail.isEmpty else { return }
    guard tail.hasPrefix(":"), tail.dropFirst().utf8.allSatisfy(isDigit),
      let port = Int(tail.dropFirst()), (1...65_535).contains(port)
    else { return nil }
    self.port = port
  }
}

/// Whether a host is this machine: 127.0.0.0/8, ::1 or localhost.
private func isLoopback(_ host: String) -> Bool {
  if host == "localhost" || host == "[::1]" { return true }
  let parts = host.split(separator: ".", omittingEmptySubsequences: false)
  return parts.count == 4 && parts[0] == "127"
    && parts.allSatisfy { $0.utf8.allSatisfy(isDigit) && UInt8($0) != nil }
}

/// `v1`, `v4`, `v1beta`: the letter v and a digit.
private func isVersion(_ segment: Substring) -> Bool {
  segment.first == "v" && segment.utf8.dropFirst().first.map(isDigit) == true
}

private func isHost(_ host: String) -> Bool {
  if host.hasPrefix("[") {
    return host.utf8.count > 4 && host.hasSuffix("]")
      && host.utf8.dropFirst().dropLast().allSatisfy { isHexDigit($0) || ":.".utf8.contains($0) }
  }
  return !host.isEmpty && host.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
}

/// Whether a path segment is plain enough to be sent as it is, and leads nowhere else.
func isPathSegment(_ segment: Substring) -> Bool {
  !segment.isEmpty && segment != "." && segment != ".."
    && segment.utf8.allSatisfy { isAlphanumeric($0) || "-._~:@".utf8.contains($0) }
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

private func isHexDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
}

func isAlphanumeric(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26
}
