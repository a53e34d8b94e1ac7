internal import CCurl
internal import CLinux
internal import Glibc

/// One libcurl easy handle and, while it is busy, the transfer it carries.
///
/// Handles are expensive to make and cheap to use again, so everything that does not change from
/// one transfer to the next is set once. Confined to its loop's thread.
@safe final class EasyHandle {
  let curl: UnsafeMutableRawPointer
  var transfer: Transfer?

  unowned let shard: Shard
  private let configuration: CurlTransport.Configuration
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var url = ""
  private var namedServer: NamedServer?
  private var bodyIsTooLarge = false
  private var hasNoRoom = false

  init(_ configuration: CurlTransport.Configuration, on shard: Shard) throws(TransportError) {
    guard let curl = unsafe curl_easy_init() else { throw .libcurl("curl_easy_init") }
    unsafe self.curl = unsafe curl
    self.shard = shard
    self.configuration = configuration
    setPolicy()
    setRoute(shard.lane.route, shard.lane.handle?.login)
    setCallbacks()
  }

  deinit {
    unsafe curl_easy_cleanup(curl)
    unsafe errorText.deallocate()
  }

  private var mayMultiplex: Bool { shard.lane.route.versions == .upToHTTP2 }

  /// Whether any of the request may have reached the peer.
  var hasSent: Bool { (transfer?.requestsSent ?? 0) > 0 }

  /// The handle that wraps this libcurl handle.
  static func of(_ curl: UnsafeMutableRawPointer) -> EasyHandle? {
    var me: UnsafeMutableRawPointer?
    unsafe ccurl_get_pointer(curl, CURLINFO_PRIVATE, &me)
    return unsafe me.map { unsafe Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Loads a transfer; the handle is then ready to be added to its shard's multi handle.
  func load(_ transfer: Transfer) {
    let request = transfer.request
    self.transfer = transfer
    bodyIsTooLarge = false
    hasNoRoom = false
    unsafe errorText.pointee = 0
    set(CURLOPT_HTTP_CONTENT_DECODING, 1)
    if request.url != url { set(url: request.url) }
    let lines = unsafe request.headers.list.first
    unsafe set(CURLOPT_HTTPHEADER, namedServer?.headerLines(followedBy: lines) ?? lines)
    set(CURLOPT_CONNECTTIMEOUT_MS, request.deadlines.connect.milliseconds)
    switch request.method {
    case .get: set(CURLOPT_HTTPGET, 1)
    case .post, .put: set(body: request.body)
    }
    // A body is set up as a POST, of which only the word changes.
    if request.method == .put {
      set(CURLOPT_CUSTOMREQUEST, "PUT")
    } else {
      unsafe set(CURLOPT_CUSTOMREQUEST, nil)
    }
    if let signature = request.signature { sign(request, with: signature) }
    if request.wantsPath { set(CURLOPT_CERTINFO, 1) }
  }

  /// Takes the transfer off the handle, once libcurl has let go of it.
  func unload() -> Transfer? {
    unsafe set(CURLOPT_HTTPHEADER, nil)
    unsafe set(CURLOPT_POSTFIELDS, nil)
    if transfer?.request.signature != nil { stopSigning() }
    if transfer?.request.wantsPath == true { set(CURLOPT_CERTINFO, 0) }
    defer { transfer = nil }
    return transfer
  }

  /// Takes a line of the head; false where libcurl is to give up.
  ///
  /// A body of an encoding that nobody asked for, such as `utf-8`, is taken as it comes.
  func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
    if let encodings = unsafe Self.encodings(in: line), !encodings.isSubset(of: Self.known) {
      set(CURLOPT_HTTP_CONTENT_DECODING, 0)
    }
    return unsafe transfer?.receive(headerLine: line) ?? true
  }

  private static let known: Set = [
    "", "none", "identity", "deflate", "gzip", "x-gzip", "br", "zstd",
  ]

  /// What a header line names as `content-encoding`; nil where it is another.
  private static func encodings(in line: UnsafeRawBufferPointer) -> Set<String>? {
    let name = "content-encoding:"
    guard line.count > name.utf8.count, unsafe line[7] == name.utf8.span[7] else { return nil }
    let text = unsafe String(decoding: line, as: UTF8.self).lowercased()
    guard text.hasPrefix(name) else { return nil }
    let encodings = text.dropFirst(name.count).split(separator: ",")
    return Set(encodings.map { $0.filter { !$0.isWhitespace } })
  }

  /// The most bytes that are kept of a body whose status is no success; the rest is passed over.
  private static let mostOfError = 1 << 20

  /// What becomes of a part of a body.
  enum Reception {
    case taken
    /// There is no room for it now; libcurl keeps it until ``goOn()``.
    case later
    /// It exceeds the limit, and libcurl is to give up.
    case tooLarge
  }

  private var isSuccess: Bool { (200..<300).contains(get(CURLINFO_RESPONSE_CODE)) }

  /// Takes a part of the body.
  func receive(bodyPart part: UnsafeRawBufferPointer) -> Reception {
    guard let id = transfer?.id, let arrived = transfer?.body.count else { return .tooLarge }
    let size = arrived + part.count
    let most = isSuccess ? Int.max : Self.mostOfError
    if size > most {
      guard transfer?.isWorthHearing == true else {
        bodyIsTooLarge = true
        return .tooLarge
      }
      unsafe transfer?.receive(bodyPart: part, keeping: most - arrived)
      return .taken
    }
    bodyIsTooLarge = size > largest
    guard !bodyIsTooLarge else { return .tooLarge }
    if size > ResponseMemory.small {
      let length = unsafe Int(ccurl_get_size(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T))
      let expected = min(length, most)
      // Over HTTP/2, libcurl 7.88 would make all streams of the connection wait with this one.
      if get(CURLINFO_HTTP_VERSION) != CURL_HTTP_VERSION_2_0 {
        // All the room that it says it needs, so that two do not wait for each other half way.
        guard shard.memory.mayGrow(id, to: max(size, expected)) else { return .later }
      }
      hasNoRoom = transfer?.makeRoom(for: size, expected: expected, most: largest) == false
      guard !hasNoRoom else { return .tooLarge }
    }
    unsafe transfer?.receive(bodyPart: part)
    return .taken
  }

  private var largest: Int { configuration.maxResponseBytes }

  /// Takes what it had no room for before; the transfer has failed unless it returns `CURLE_OK`.
  func goOn() -> CURLcode {
    unsafe curl_easy_pause(curl, CURLPAUSE_CONT)
  }

  /// What has become of the transfer that libcurl reports as finished.
  ///
  /// - Parameter mailbox: hears when the response is let go.
  func result(
    _ code: CURLcode,
    _ mailbox: Mailbox,
    at now: ContinuousClock.Instant
  ) -> Result<HTTPResponse, TransportError> {
    guard let transfer else { return .failure(.cancelled()) }
    let code = code == CURLE_OK && !transfer.headIsComplete ? CURLE_PARTIAL_FILE : code
    let version = get(CURLINFO_HTTP_VERSION)
    var response = transfer.response(
      status: get(CURLINFO_RESPONSE_CODE),
      version: version == CURL_HTTP_VERSION_2_0 ? .http2 : .http1,
      hold: shard.memory.holds(transfer.id) ? HeldBody(of: transfer.id, mailbox) : nil,
      at: now
    )
    if transfer.request.wantsPath { response.path = pathReport }
    // libcurl holds what a few bytes unpack to while they wait, and gives up above 64 MB.
    if hasNoRoom || code == CURLE_OUT_OF_MEMORY && hasSent {
      return .failure(.noRoom(for: transfer.body.count))
    }
    if bodyIsTooLarge || code == CURLE_FILESIZE_EXCEEDED {
      var error = TransportError.tooLarge(limit: largest)
      // A refusal is one, however much it has to say.
      if !isSuccess { error.partial = response }
      return .failure(error)
    }
    if code == CURLE_OK { return .success(response) }
    if let refused = proxyRefusal(code) { return .failure(refused) }
    var error = TransportError(
      code,
      detail: detail(of: code),
      requestsSent: transfer.requestsSent
    )
    if transfer.headIsComplete { error.partial = response }
    return .failure(error)
  }

  /// What libcurl says of its last error.
  var errorWords: String { unsafe String(cString: errorText) }

  private func detail(of code: CURLcode) -> String {
    guard code == CURLE_COULDNT_CONNECT else {
      let advice = routeAdvice(code)
      return errorWords + (isPerhapsTLS(code) ? Self.tlsAdvice : advice)
    }
    let refused = shard.sockets.openFailure
    if refused != 0 {
      return unsafe "the system gives no more sockets (\(String(cString: strerror(refused))))"
    }
    guard get(CURLINFO_OS_ERRNO) == Int(ECONNREFUSED), let nextPeer else {
      return errorWords
    }
    return "connection refused by \(nextPeer)"
  }

  private static let tlsAdvice =
    " (the server said nothing that is HTTP; where it speaks TLS, its address begins with https://)"

  /// Whether a request without TLS met a server that breaks off, or says what is no HTTP, as one does
  /// that waits for TLS.
  private func isPerhapsTLS(_ code: CURLcode) -> Bool {
    let ends = [
      CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY,
    ]
    guard let transfer, ends.contains(code), !transfer.hasHead,
      get(CURLINFO_OS_ERRNO) != Int(ETIMEDOUT)
    else { return false }
    return transfer.request.url.hasPrefix("http://")
  }

  /// Host and port of a URL.
  static func authority(of url: String) -> String {
    let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
    let authority = url[start...].prefix { $0 != "/" }
    let hasPort = authority.reversed().first { !$0.isNumber } == ":"
    return hasPort ? String(authority) : "\(authority):\(url.hasPrefix("https://") ? 443 : 80)"
  }
}

// MARK: - Options

extension EasyHandle {
  private func setPolicy() {
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_ACCEPT_ENCODING, "")
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    // Without a folder of certificates libcurl parses the file once per shard, not per connection,
    // and a configured file is the only authority.
    unsafe set(CURLOPT_CAPATH, nil)
    set(CURLOPT_HTTP_VERSION, mayMultiplex ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
    // Every transfer under way holds both buffers; prompts and answers are mostly smaller.
    // With the byte that libcurl adds, the first fills whole pages.
    set(CURLOPT_BUFFERSIZE, (8 << 10) - 1)
    set(CURLOPT_UPLOAD_BUFFERSIZE, 16 << 10)
    // A body that says how long it is and is too long need not arrive.
    unsafe ccurl_set_size(curl, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(largest))
    set(CURLOPT_TCP_NODELAY, 1)
    // A NAT on the way may forget a connection after a minute without a packet and tell nobody:
    // one in use is kept in its mind, one that was idle for long is not used again.
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_TCP_KEEPIDLE, 20)
    set(CURLOPT_TCP_KEEPINTVL, 5)
    set(CURLOPT_MAXAGE_CONN, max(1, Int(configuration.maxIdle.components.seconds)))
    unsafe set(CURLOPT_ERRORBUFFER, errorText)
    unsafe set(CURLOPT_SHARE, shard.lane.cache.share)
  }

  private func setCallbacks() {
    let me = unsafe Unmanaged.passUnretained(self).toOpaque()
    let sockets = unsafe Unmanaged.passUnretained(shard.sockets).toOpaque()
    unsafe set(CURLOPT_PRIVATE, me)
    unsafe set(CURLOPT_HEADERDATA, me)
    unsafe set(CURLOPT_WRITEDATA, me)
    unsafe set(CURLOPT_PREREQDATA, me)
    unsafe set(CURLOPT_SOCKOPTDATA, me)
    unsafe set(CURLOPT_SSL_CTX_DATA, me)
    unsafe set(CURLOPT_OPENSOCKETDATA, sockets)
    unsafe set(CURLOPT_CLOSESOCKETDATA, sockets)
    unsafe ccurl_set_data_callback(curl, CURLOPT_HEADERFUNCTION, headerLineArrived)
    unsafe ccurl_set_data_callback(curl, CURLOPT_WRITEFUNCTION, bodyPartArrived)
    unsafe ccurl_set_prereq_callback(curl, requestLeaves)
    unsafe ccurl_set_open_callback(curl, openSocket)
    unsafe ccurl_set_option_callback(curl, socketOpened)
    unsafe ccurl_set_close_callback(curl, closeSocket)
  }

  private func set(url: String) {
    self.url = url
    let isSecure = url.hasPrefix("https:")
    if isSecure { setTrust() }
    namedServer =
      isSecure ? shard.lane.route.serverName.flatMap { NamedServer(name: $0, url: url) } : nil
    set(CURLOPT_URL, namedServer?.url ?? url)
    unsafe set(CURLOPT_CONNECT_TO, namedServer?.connectTo ?? shard.lane.cache.connections)
    // Waiting for a connection to share is only worth while where HTTP/2 can be negotiated.
    set(CURLOPT_PIPEWAIT, mayMultiplex && isSecure ? 1 : 0)
  }

  private func set(body: ArraySlice<UInt8>) {
    set(CURLOPT_POST, 1)
    unsafe ccurl_set_size(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
    unsafe body.withUnsafeBytes { bytes in
      // Without a pointer libcurl would read the body from standard input. It stays good until
      // `unload()`: the transfer holds the array, which nobody can change meanwhile.
      unsafe set(CURLOPT_POSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(curl))
    }
  }

  func set(_ option: CURLoption, _ value: Int) {
    unsafe ccurl_set_long(curl, option, value)
  }

  func set(_ option: CURLoption, _ value: String) {
    unsafe ccurl_set_string(curl, option, value)
  }

  func set(_ option: CURLoption, _ value: UnsafeRawPointer?) {
    unsafe ccurl_set_pointer(curl, option, value)
  }

  func get(_ info: CURLINFO) -> Int {
    var value = 0
    unsafe ccurl_get_long(curl, info, &value)
    return value
  }
}
