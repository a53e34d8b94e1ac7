import Secrets
import Transport

/// A provider's base URL, such as `https://api.openai.com` or `https://host/openai/v1`.
///
/// It may end in `/v1` or not: a request's path is joined so that the version stands once.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// Scheme, host, port and path prefix, without a trailing slash.
  package let url: String
  /// The host in lower case, an IPv6 address in brackets.
  package let host: String
  /// Whether what is sent there stays on this machine.
  package let isLoopback: Bool
  /// Whether it is reached in TLS.
  package var isEncrypted: Bool { url.hasPrefix("https:") }
  /// Where it answers from, as the job file says; nil where nothing is said.
  package let region: String?
  /// By which routes it is reached, and how.
  package var reach = Reach()
  /// Whether what is sent there crosses a network in the clear: `http://` to another machine.
  package let isExposed: Bool
  /// Whether the prefix names an API version itself, so that paths lose theirs.
  private let namesVersion: Bool

  /// Reads a base URL.
  ///
  /// - Parameters:
  ///   - text: the base URL.
  ///   - region: where it answers from, if that is known.
  /// - Throws: an ``EndpointError`` for anything but `http[s]://host[:port][/prefix]`; user names,
  ///   queries and fragments have no place in a base URL.
  package init(_ text: String, region: String? = nil) throws(EndpointError) {
    let address = try Self.address(text)
    let segments = address.path.split(separator: "/")
    guard segments.allSatisfy(isPathSegment) else { throw Self.notAURL(text) }
    if let call = Self.calls.first(where: segments.joined(separator: "/").hasSuffix) {
      throw EndpointError(
        message: "the base URL ends in /\(call), which nightjar adds itself; leave that out"
      )
    }
    let port = address.port.map { ":\($0)" } ?? ""
    url = address.scheme + "://" + address.host + port + segments.map { "/" + $0 }.joined()
    host = address.host
    isLoopback = address.isLoopback
    self.region = region
    isExposed = !address.isEncrypted && !address.isLoopback
    namesVersion = segments.contains(where: isVersion)
  }

  /// How the addresses of single calls end, which people take from examples.
  private static let calls = [
    "chat/completions", "completions", "messages", "responses", "embeddings",
  ]

  private static func address(_ text: String) throws(EndpointError) -> WebAddress {
    do throws(WebAddress.Fault) {
      return try WebAddress(text)
    } catch {
      switch error {
      case .notAnAddress: throw notAURL(text)
      case .holdsUser:
        throw EndpointError(
          message: "the base URL holds a user name or password; leave it out, "
            + "keys are given by reference"
        )
      case .holdsQuery:
        throw EndpointError(
          message: "the base URL holds a query or fragment; write only scheme, host and path"
        )
      }
    }
  }

  private static func notAURL(_ text: String) -> EndpointError {
    EndpointError(
      message: "\"\(Scrubber(limit: 200).scrub(text))\" is not a base URL; "
        + "write it like https://api.example.com/v1"
    )
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
    isLoopback = false
    region = nil
    isExposed = false
    namesVersion = false
  }
}

/// Why a base URL cannot be used.
package struct EndpointError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong and what to write instead.
  package let message: String

  package var description: String { message }
}

/// `v1`, `v4`, `v1beta`: the letter v and a digit.
private func isVersion(_ segment: Substring) -> Bool {
  segment.first == "v" && segment.utf8.dropFirst().first.map(isDigit) == true
}

/// Whether a path segment is plain enough to be sent as it is, and leads nowhere else.
func isPathSegment(_ segment: Substring) -> Bool {
  !segment.isEmpty && segment != "." && segment != ".."
    && segment.utf8.allSatisfy { isAlphanumeric($0) || "-._~:@".utf8.contains($0) }
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

func isAlphanumeric(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26
}
