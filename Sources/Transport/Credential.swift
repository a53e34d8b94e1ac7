internal import Synchronization

/// Whose connections are whose: those that carried a credential carry no other, and are closed when
/// it is retired.
///
/// A kept-alive connection remembers what it sent, in buffers and in its HTTP/2 header table, so a
/// key is only gone when its connections are. Every request under way holds its credential, by way
/// of its ``RequestHeaders``, so one that nobody holds needs no connection.
final class Credential: Sendable {
  private static let lastID = Atomic<UInt64>(0)

  /// Unique in the process, unlike an address.
  let id = Credential.lastID.add(1, ordering: .relaxed).newValue
  private let carriers = Mutex<[Mailbox]>([])

  deinit {
    retire()
  }

  /// Notes a loop that has connections for it, and is to be told when it is retired.
  func isCarried(by mailbox: Mailbox) {
    carriers.withLock { $0.append(mailbox) }
  }

  func retire() {
    let told = carriers.withLock { carriers in
      defer { carriers = [] }
      return carriers
    }
    for mailbox in told { _ = mailbox.post(.retire(credential: id)) }
  }
}
