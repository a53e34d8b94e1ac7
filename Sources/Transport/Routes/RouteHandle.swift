package import Secrets
internal import Synchronization

/// A route that requests carry: theirs are its connections, its addresses, its TLS sessions, and
/// nobody else's.
///
/// Make it once and share it between all requests that go so.
package final class RouteHandle: Sendable {
  private static let lastID = Atomic<UInt64>(0)

  /// Unique in the process.
  let id = RouteHandle.lastID.add(1, ordering: .relaxed).newValue
  /// What people call it.
  package let name: String
  package let route: Route
  let login: ProxyLogin?

  package init(_ route: Route, name: String = "direct", login: ProxyLogin? = nil) {
    self.name = name
    self.route = route
    self.login = login
  }
}

/// Who we are to a proxy: bytes that end with a zero, as libcurl reads them, and are wiped.
package final class ProxyLogin: Sendable {
  private let user: Secret
  private let password: Secret

  package init(user: borrowing Secret, password: borrowing Secret) {
    self.user = Self.terminated(user)
    self.password = Self.terminated(password)
  }

  private static func terminated(_ secret: borrowing Secret) -> Secret {
    secret.withBytes { bytes in
      Secret(capacity: bytes.count + 1) { room in
        for index in bytes.indices { room.append(bytes[index]) }
        room.append(0)
      }
    }
  }

  /// Lends user name and password.
  func withStrings(_ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Void) {
    unsafe user.withUnsafeBytes { user in
      unsafe password.withUnsafeBytes { password in
        let user = unsafe user.assumingMemoryBound(to: CChar.self).baseAddress
        let password = unsafe password.assumingMemoryBound(to: CChar.self).baseAddress
        if let user = unsafe user, let password = unsafe password { unsafe body(user, password) }
      }
    }
  }
}
