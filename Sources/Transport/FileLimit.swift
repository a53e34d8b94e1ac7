internal import Glibc

/// The number of file descriptors that this process may hold open.
package enum FileLimit {
  /// Descriptors left for everything that is not a connection: databases, outputs, libraries.
  private static let reserve = 64

  /// Raises the soft limit, as far as the hard limit allows, so that `connections` fit.
  ///
  /// - Returns: how many connections fit, at most `connections`; when it is less, hold fewer.
  package static func raise(toHold connections: Int) -> Int {
    let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard unsafe getrlimit(openFiles, &limit) == 0 else { return connections }
    let wanted = rlim_t(connections + reserve)
    if limit.rlim_cur < wanted {
      limit.rlim_cur = min(wanted, limit.rlim_max)
      guard unsafe setrlimit(openFiles, &limit) == 0 else { return connections }
    }
    return min(connections, max(1, Int(clamping: limit.rlim_cur) - reserve))
  }
}
