internal import CCurl
internal import Glibc
package import Secrets

/// Credentials with which requests to AWS are signed (AWS Signature Version 4).
///
/// Build it once per credentials and share it between their requests. A session token is not part
/// of it but a header field, `X-Amz-Security-Token`, which the signature then covers like every
/// other field of the request.
package final class AWSSignature: Sendable {
  /// Who signs what where, in libcurl's words.
  private let scope: String
  private let accessKeyID: String
  private let secretKey: Secret

  /// - Parameters:
  ///   - region: such as `eu-central-1`.
  ///   - service: such as `secretsmanager`.
  ///   - accessKeyID: names the key; not secret.
  ///   - secretKey: the key.
  /// - Throws: ``TransportError/Code/invalidRequest`` where one of them is empty or holds a byte
  ///   that none of their kind has; the message never holds a value.
  package init(
    region: String,
    service: String,
    accessKeyID: String,
    secretKey: consuming Secret
  ) throws(TransportError) {
    guard Self.isName(region), Self.isName(service) else {
      throw TransportError(.invalidRequest, "the AWS region is not a name like eu-central-1")
    }
    let isPrintable = secretKey.withBytes { bytes in
      bytes.indices.allSatisfy { (0x21...0x7E).contains(bytes[$0]) }
    }
    guard !accessKeyID.isEmpty, accessKeyID.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      secretKey.count > 0, isPrintable
    else {
      throw TransportError(
        .invalidRequest,
        "the AWS access key id or the secret access key is empty or holds a byte that is no part "
          + "of such keys"
      )
    }
    scope = "aws:amz:\(region):\(service)"
    self.accessKeyID = accessKeyID
    self.secretKey = secretKey
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
      }
  }

  /// Makes libcurl sign what a handle sends, until ``remove(from:)``.
  func apply(to curl: UnsafeMutableRawPointer) {
    unsafe ccurl_set_string(curl, CURLOPT_AWS_SIGV4, scope)
    unsafe ccurl_set_string(curl, CURLOPT_USERNAME, accessKeyID)
    let size = secretKey.count + 1
    unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { password in
      unsafe secretKey.withUnsafeBytes { unsafe password.copyMemory(from: $0) }
      unsafe password[size - 1] = 0
      unsafe ccurl_set_pointer(curl, CURLOPT_PASSWORD, password.baseAddress)
      if let base = password.baseAddress { unsafe explicit_bzero(base, size) }
    }
  }

  /// Makes a handle forget every credential, and send what follows unsigned.
  static func remove(from curl: UnsafeMutableRawPointer) {
    for option in [CURLOPT_AWS_SIGV4, CURLOPT_USERNAME, CURLOPT_PASSWORD] {
      unsafe ccurl_set_pointer(curl, option, nil)
    }
  }
}
