/// Says that a large response body is held; the loop that received it hears when it no longer is.
final class HeldBody: Sendable {
  private let transfer: UInt64
  private let mailbox: Mailbox

  init(of transfer: UInt64, _ mailbox: Mailbox) {
    self.transfer = transfer
    self.mailbox = mailbox
  }

  deinit {
    _ = mailbox.post(.release(body: transfer))
  }
}
