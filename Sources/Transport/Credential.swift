internal import Synchronization

/// Whose connections are whose: those that carried a credential carry no other, and are closed when
/// nobody can send with it any more.
///
/// A kept-alive connection remembers what it sent, in buffers and in its HTTP/2 header table, so a
/// key is only gone when its connections are. Every request under way holds its credential, by way
/// of its ``RequestHeaders``: when the last holder lets go, the connections are idle.
final class Credential: Sendable {
  private static let lastID = Atomic<UInt64>(0)

  /// Unique in the process, unlike an address.
  let id = Credential.lastID.add(1, ordering: .relaxed).newValue
  private let carriers = Mutex<[Mailbox]>([])

  deinit {
    for mailbox in carriers.withLock({ $0 }) { _ = mailbox.post(.retire(credential: id)) }
  }

  /// Notes a loop that is to be told when the credential ends.
  func isCarried(by mailbox: Mailbox) {
    carriers.withLock { $0.append(mailbox) }
  }
}
