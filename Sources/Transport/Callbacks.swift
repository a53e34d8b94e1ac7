internal import CCurl
internal import CLinux
internal import Glibc

// The functions that libcurl calls, always on the thread of the loop that owns `context`. They
// only record; whatever follows is done by the loop once libcurl has returned.

/// `CURLOPT_HEADERFUNCTION`; the context is the `EasyHandle`.
func headerLineArrived(
  bytes: UnsafeMutablePointer<CChar>?,
  size: Int,
  count: Int,
  context: UnsafeMutableRawPointer?
) -> Int {
  let line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
  let isTaken = unsafe object(EasyHandle.self, at: context)?.receive(headerLine: line)
  // Any other number than `count` makes libcurl give up.
  return isTaken == false ? -1 : count
}

/// `CURLOPT_WRITEFUNCTION`; the context is the `EasyHandle`.
func bodyPartArrived(
  bytes: UnsafeMutablePointer<CChar>?,
  size: Int,
  count: Int,
  context: UnsafeMutableRawPointer?
) -> Int {
  let part = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
  switch unsafe object(EasyHandle.self, at: context)?.receive(bodyPart: part) {
  case .taken: return count
  case .later: return Int(CURL_WRITEFUNC_PAUSE)
  // Any other number than `count` makes libcurl give up.
  case .tooLarge, nil: return -1
  }
}

/// `CURLOPT_PREREQFUNCTION`; the context is the `EasyHandle`.
func requestLeaves(
  context: UnsafeMutableRawPointer?,
  remoteAddress: UnsafeMutablePointer<CChar>?,
  localAddress: UnsafeMutablePointer<CChar>?,
  remotePort: Int32,
  localPort: Int32
) -> Int32 {
  unsafe object(EasyHandle.self, at: context)?.transfer?.requestsSent += 1
  return CURL_PREREQFUNC_OK
}

/// `CURLOPT_SSL_CTX_FUNCTION`; the context is the `EasyHandle`.
func tlsContextMade(
  easy: UnsafeMutableRawPointer?,
  tlsContext: UnsafeMutableRawPointer?,
  context: UnsafeMutableRawPointer?
) -> CURLcode {
  guard let trust = unsafe object(EasyHandle.self, at: context)?.shard.lane.cache.trust,
    let tlsContext = unsafe tlsContext
  else { return CURLE_SSL_CACERT_BADFILE }
  unsafe trust.apply(to: OpaquePointer(tlsContext))
  return CURLE_OK
}

/// `CURLOPT_OPENSOCKETFUNCTION`; the context is the `SocketPoll`.
func openSocket(
  context: UnsafeMutableRawPointer?,
  purpose: curlsocktype,
  address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let address = unsafe address?.pointee else { return CURL_SOCKET_BAD }
  // Close-on-exec, which libcurl does not set: a child must not inherit a provider's connection.
  let type = address.socktype | Int32(SOCK_CLOEXEC.rawValue)
  let sockets = unsafe object(SocketPoll.self, at: context)
  let opened = socket(address.family, type, address.protocol)
  guard opened >= 0 else {
    sockets?.openFailure = errno
    return CURL_SOCKET_BAD
  }
  sockets?.opened(opened)
  return opened
}

/// `CURLOPT_SOCKOPTFUNCTION`; the context is the `EasyHandle`.
func socketOpened(
  context: UnsafeMutableRawPointer?,
  socket: curl_socket_t,
  purpose: curlsocktype
) -> Int32 {
  let handle = unsafe object(EasyHandle.self, at: context)
  // Without it the system sends into a dead path for a quarter of an hour. Sockets that are no TCP
  // refuse it, and have no path.
  var patience = UInt32(clamping: handle?.shard.lane.route.pathTimeout.milliseconds ?? 0)
  let size = socklen_t(MemoryLayout.size(ofValue: patience))
  unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &patience, size)
  return Int32(CURL_SOCKOPT_OK)
}

/// `CURLOPT_CLOSESOCKETFUNCTION`; the context is the `SocketPoll`.
func closeSocket(context: UnsafeMutableRawPointer?, socket: curl_socket_t) -> Int32 {
  unsafe object(SocketPoll.self, at: context)?.closed(socket)
  return close(socket)
}

/// `CURLMOPT_SOCKETFUNCTION`; the context is the `Shard`.
func socketInterestChanged(
  easy: UnsafeMutableRawPointer?,
  socket: curl_socket_t,
  what: Int32,
  context: UnsafeMutableRawPointer?,
  socketContext: UnsafeMutableRawPointer?
) -> Int32 {
  guard let shard = unsafe object(Shard.self, at: context) else { return -1 }
  let interest: SocketPoll.Interest =
    switch what {
    case CURL_POLL_IN: EPOLLIN.rawValue
    case CURL_POLL_OUT: EPOLLOUT.rawValue
    case CURL_POLL_INOUT: EPOLLIN.rawValue | EPOLLOUT.rawValue
    default: 0
    }
  shard.sockets.want(interest, on: socket, for: shard.index)
  return 0
}

/// `CURLMOPT_TIMERFUNCTION`; the context is the `Shard`.
func timerChanged(
  multi: UnsafeMutableRawPointer?,
  milliseconds: Int,
  context: UnsafeMutableRawPointer?
) -> Int32 {
  unsafe object(Shard.self, at: context)?.setTimer(milliseconds: milliseconds)
  return 0
}

private func object<Object: AnyObject>(
  _ type: Object.Type,
  at context: UnsafeMutableRawPointer?
) -> Object? {
  unsafe context.map { unsafe Unmanaged<Object>.fromOpaque($0).takeUnretainedValue() }
}
