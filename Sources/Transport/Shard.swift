internal import CCurl
internal import CLinux

/// One libcurl multi handle with its easy handles and connections.
///
/// libcurl searches the connections of a multi handle one by one, so its cost per request grows
/// with them; a loop therefore keeps several small shards. Confined to its loop's thread.
@safe final class Shard {
  /// How many transfers a shard carries at most.
  private static let capacity = 100

  /// What its sockets are told apart by.
  let index: Int
  /// Which credential's transfers it carries, if any, and at which place among those that do.
  let credential: UInt64?
  let place: Int
  let sockets: SocketPoll
  /// The route of its connections.
  let lane: RouteLane
  let memory: ResponseMemory
  /// When libcurl wants ``timeout()`` to be called.
  private(set) var timer: ContinuousClock.Instant?
  /// Every handle, busy or idle.
  private(set) var handles: [EasyHandle] = []
  /// Whether its credential is retired, so that it takes no more transfers.
  var isLeaving = false

  private let configuration: CurlTransport.Configuration
  private let multi: UnsafeMutableRawPointer
  private var idle: [EasyHandle] = []
  private var mayHaveFinished = false

  init(
    _ index: Int,
    credential: UInt64?,
    place: Int,
    _ configuration: CurlTransport.Configuration,
    sockets: SocketPoll,
    lane: RouteLane,
    memory: ResponseMemory
  ) throws(TransportError) {
    guard let multi = unsafe curl_multi_init() else { throw .libcurl("curl_multi_init") }
    unsafe self.multi = unsafe multi
    self.index = index
    self.credential = credential
    self.place = place
    self.sockets = sockets
    self.lane = lane
    self.memory = memory
    self.configuration = configuration
    let me = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
    unsafe ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
    unsafe ccurl_multi_set_socket_callback(multi, socketInterestChanged)
    unsafe ccurl_multi_set_timer_callback(multi, timerChanged)
    unsafe ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2 * Self.capacity)
    if let streams = lane.route.streamsPerConnection {
      unsafe ccurl_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, streams)
    }
  }

  deinit {
    for handle in handles where handle.transfer != nil {
      unsafe curl_multi_remove_handle(multi, handle.curl)
    }
    // Connections go with the multi handle, and their sockets with them: before the easy handles.
    unsafe curl_multi_cleanup(multi)
  }

  var hasRoom: Bool { handles.count - idle.count < Self.capacity }
  var isIdle: Bool { handles.count == idle.count }

  /// Starts a transfer.
  func start(_ transfer: Transfer) throws(TransportError) -> EasyHandle {
    let handle = if let handle = idle.popLast() { handle } else { try makeHandle() }
    handle.load(transfer)
    let added = unsafe curl_multi_add_handle(multi, handle.curl)
    guard added == CURLM_OK else {
      _ = stop(handle)
      throw unsafe .libcurl("curl_multi_add_handle", String(cString: curl_multi_strerror(added)))
    }
    return handle
  }

  /// Lets go of a transfer; one that is not finished is aborted.
  func stop(_ handle: EasyHandle) -> Transfer? {
    unsafe curl_multi_remove_handle(multi, handle.curl)
    idle.append(handle)
    return handle.unload()
  }

  /// Goes on with what waited for this socket.
  func ready(_ socket: Int32, _ interest: SocketPoll.Interest) {
    var flags: Int32 = 0
    if interest & EPOLLIN.rawValue != 0 { flags |= CURL_CSELECT_IN }
    if interest & EPOLLOUT.rawValue != 0 { flags |= CURL_CSELECT_OUT }
    act(socket, flags)
  }

  /// Goes on with what waited for time to pass.
  func timeout() {
    timer = nil
    act(CURL_SOCKET_TIMEOUT, 0)
  }

  func setTimer(milliseconds: Int) {
    // Absolute, and from the present time: early would be too early for libcurl, and it would not
    // ask again.
    timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
  }

  /// The next transfer that libcurl is done with, still to be stopped.
  func nextFinished() -> (EasyHandle, CURLcode)? {
    guard mayHaveFinished else { return nil }
    var result = CURLE_OK
    guard let curl = unsafe ccurl_multi_next_finished(multi, &result) else {
      mayHaveFinished = false
      return nil
    }
    return unsafe EasyHandle.of(curl).map { ($0, result) }
  }

  private func act(_ socket: curl_socket_t, _ flags: Int32) {
    var running: Int32 = 0
    unsafe curl_multi_socket_action(multi, socket, flags, &running)
    mayHaveFinished = true
  }

  private func makeHandle() throws(TransportError) -> EasyHandle {
    let handle = try EasyHandle(configuration, on: self)
    handles.append(handle)
    return handle
  }
}
