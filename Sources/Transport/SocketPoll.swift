internal import CLinux
internal import Glibc

/// The sockets of one loop: what libcurl waits for on each of them, mirrored lazily into epoll.
///
/// libcurl stops watching a connection after every response and watches it again for the next
/// request. Telling the kernel only what has changed by the time the loop sleeps, and leaving idle
/// connections registered until they speak up, saves two or three system calls per request.
@safe final class SocketPoll {
  /// What may be watched: a combination of `EPOLLIN` and `EPOLLOUT`.
  typealias Interest = UInt32

  private struct Watch {
    var wanted: Interest = 0
    var registered: Interest = 0
    var shard = 0
    /// Whether ``closed(_:)`` will be called; other sockets are forgotten as soon as unwanted.
    var tracked = false
  }

  /// Why the system refused the last socket that was asked for; 0 when it did not.
  var openFailure: Int32 = 0

  private let poll: Int32
  private let wakeUp: Int32
  private var watches: [Watch] = []
  private var changed: [Int32] = []
  private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 512)
  private var ready = 0

  init(wakeUp: Int32) throws(TransportError) {
    self.wakeUp = wakeUp
    poll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard poll >= 0 else { throw .setup("epoll_create1") }
    // Edge-triggered: each write is told once, without reading it.
    control(EPOLL_CTL_ADD, wakeUp, EPOLLIN.rawValue | EPOLLET.rawValue)
  }

  deinit {
    unsafe events.deallocate()
    close(poll)
  }

  /// Notes a socket that is new, and whose end will be told.
  func opened(_ socket: Int32) {
    grow(toHold: socket)
    watches[Int(socket)] = Watch(tracked: true)
    openFailure = 0
  }

  /// Forgets a socket that is about to be closed; closing takes it out of epoll.
  func closed(_ socket: Int32) {
    watches[Int(socket)] = Watch()
  }

  /// Sets what a shard waits for on a socket; an empty interest means nothing any more.
  func want(_ interest: Interest, on socket: Int32, for shard: Int) {
    grow(toHold: socket)
    watches[Int(socket)].wanted = interest
    watches[Int(socket)].shard = shard
    if interest == 0 {
      if !watches[Int(socket)].tracked { forget(socket) }
    } else if interest != watches[Int(socket)].registered {
      changed.append(socket)
    }
  }

  /// Waits until a socket is ready, the loop is woken or `milliseconds` have passed.
  func wait(milliseconds: Int32) {
    tellKernel()
    ready = unsafe Int(epoll_wait(poll, events.baseAddress, Int32(events.count), milliseconds))
  }

  /// Tells, for each socket found ready, its shard and what can go on.
  func forEachReady(_ body: (_ shard: Int, Int32, Interest) -> Void) {
    for index in 0..<max(ready, 0) {
      let (socket, ready) = unsafe (events[index].data.fd, events[index].events)
      guard socket != wakeUp else { continue }
      let watch = watches[Int(socket)]
      if watch.wanted == 0 {
        forget(socket)
      } else {
        let failed = ready & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        body(watch.shard, socket, failed ? watch.wanted : ready & watch.wanted)
      }
    }
  }

  private func tellKernel() {
    for socket in changed {
      let watch = watches[Int(socket)]
      guard watch.wanted != 0, watch.wanted != watch.registered else { continue }
      control(watch.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, watch.wanted)
      watches[Int(socket)].registered = watch.wanted
    }
    changed.removeAll(keepingCapacity: true)
  }

  private func forget(_ socket: Int32) {
    guard watches[Int(socket)].registered != 0 else { return }
    control(EPOLL_CTL_DEL, socket, 0)
    watches[Int(socket)].registered = 0
  }

  private func control(_ operation: Int32, _ socket: Int32, _ interest: Interest) {
    var event = unsafe epoll_event(events: interest, data: epoll_data_t(fd: socket))
    unsafe epoll_ctl(poll, operation, socket, &event)
  }

  private func grow(toHold socket: Int32) {
    while watches.count <= Int(socket) { watches.append(Watch()) }
  }
}
