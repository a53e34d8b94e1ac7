internal import CBuffers
internal import CCurl
internal import Glibc
internal import Synchronization

/// The HTTP client of the house: libcurl on its own threads, awaited from Swift.
///
/// Connections are kept alive and reused, HTTP/2 requests share connections, compressed responses
/// are decoded, redirects are never followed, certificates are always verified, and proxies named
/// by the environment are ignored.
package final class CurlTransport: HTTPClient {
  /// What all requests of one transport have in common.
  package struct Configuration: Sendable {
    /// Which protocol versions may be negotiated.
    package enum Versions: Sendable {
      /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
      case upToHTTP2
      case onlyHTTP1
    }

    /// A PEM file with the certificates to trust instead of the system's.
    package var caFile: String?
    /// A PEM file with the certificate, and the chain up to an authority, that this client shows.
    package var clientCertificate: String?
    /// A PEM file with the private key of ``clientCertificate``; nil where that file holds both.
    package var clientKey: String?
    /// The name that the server's certificate must bear, and is asked for, instead of the URL's
    /// host (RFC 6066 section 3).
    package var serverName: String?
    /// A proxy URL, used for every request; nil means none, whatever the environment says.
    package var proxy: String?
    /// How many transfers run at once; more wait their turn, their deadlines not yet running.
    package var maxInFlight: Int
    /// The largest body accepted, in bytes after decompression.
    package var maxResponseBytes: Int
    /// The most bytes of response bodies that are held at a time, those included that have not been
    /// let go since they were returned; over HTTP/2 they are not bounded.
    package var responseMemory: Int
    package var versions: Versions
    /// How long a connection may be idle and still be used, whole seconds.
    package var maxIdle: Duration
    /// How long what was sent may go without any sign of having arrived, until the connection is given
    /// up; `TCP_USER_TIMEOUT` of tcp(7).
    package var pathTimeout = Duration.seconds(30)

    /// The defaults suit a provider's API: system certificates, no proxy, 64 MiB responses.
    package init(
      caFile: String? = nil,
      proxy: String? = nil,
      maxInFlight: Int = 16_384,
      maxResponseBytes: Int = 64 << 20,
      responseMemory: Int = 128 << 20,
      versions: Versions = .upToHTTP2,
      maxIdle: Duration = .seconds(30)
    ) {
      self.caFile = caFile
      self.proxy = proxy
      self.maxInFlight = maxInFlight
      self.maxResponseBytes = maxResponseBytes
      self.responseMemory = responseMemory
      self.versions = versions
      self.maxIdle = maxIdle
    }
  }

  private let mailboxes: [Mailbox]
  private let nextID = Atomic<UInt64>(0)

  /// Starts the transport's threads; stop them with ``shutdown()``.
  ///
  /// - Throws: ``TransportError/Code/setup`` when the CA file, the client certificate or its key
  ///   cannot be read, the server name is not a host name, or the system has no resources left.
  package init(_ configuration: Configuration = Configuration()) throws(TransportError) {
    try configuration.check()
    guard globalInit == CURLE_OK else {
      throw unsafe .libcurl("curl_global_init", String(cString: curl_easy_strerror(globalInit)))
    }
    let loops = Self.loopCount
    var configuration = configuration
    configuration.maxInFlight = max(1, configuration.maxInFlight / loops)
    configuration.responseMemory /= loops
    var mailboxes: [Mailbox] = []
    for _ in 0..<loops {
      let mailbox = try Mailbox()
      try LoopThread.start(TransferLoop(configuration, mailbox))
      mailboxes.append(mailbox)
    }
    self.mailboxes = mailboxes
  }

  deinit {
    for mailbox in mailboxes { _ = mailbox.post(.stop(nil)) }
  }

  package func executor(forTask number: Int) -> (any TaskExecutor)? {
    mailboxes[number % mailboxes.count]
  }

  package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    guard !Task.isCancelled else { throw .cancelled() }
    let id = nextID.add(1, ordering: .relaxed).newValue
    let mailbox = mailboxes.first(where: \.isCurrent) ?? mailboxes[Int(id) % mailboxes.count]
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { reply in
        if !mailbox.post(.start(.init(id: id, request: request, reply: reply))) {
          reply.resume(returning: .failure(.closed()))
        }
        // A cancellation from before the start was posted found nothing to cancel.
        if Task.isCancelled { _ = mailbox.post(.cancel(id: id)) }
      }
    } onCancel: {
      _ = mailbox.post(.cancel(id: id))
    }
    return try result.get()
  }

  /// Aborts every transfer with ``TransportError/Code/closed`` and returns when the threads are done.
  ///
  /// Sending afterwards fails the same way; calling it again is harmless.
  package func shutdown() async {
    await withDiscardingTaskGroup { group in
      for mailbox in mailboxes {
        group.addTask {
          await withCheckedContinuation { done in
            if !mailbox.post(.stop(done)) { done.resume() }
          }
        }
      }
    }
  }

  /// One loop carries more than 15,000 requests a second, so the other cores are for their users.
  private static var loopCount: Int {
    min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 4), 4)
  }
}

extension CurlTransport.Configuration {
  /// Finds out at once what would otherwise be said by every connection, less clearly.
  fileprivate func check() throws(TransportError) {
    let files = [
      ("CA file", caFile), ("client certificate", clientCertificate), ("client key", clientKey),
    ]
    for case (let role, .some(let file)) in files { try refuseUnreadable(role, file) }
    if let caFile, TrustStore.isUsable, TrustStore(file: caFile) == nil {
      throw TransportError(
        .setup,
        "the CA file \(caFile) holds no certificate in PEM; name the file of the authority that "
          + "signed the server's, which begins with -----BEGIN CERTIFICATE-----"
      )
    }
    if clientKey != nil, clientCertificate == nil {
      throw TransportError(.setup, "a client key is set without the client certificate it is for")
    }
    if let serverName, NamedServer(name: serverName, url: "https://host/") == nil {
      throw TransportError(.setup, "the server name \"\(serverName)\" is not a host name")
    }
  }
}

/// Looks at a file before anything opens it, which in a pipe would wait for its writer.
private func refuseUnreadable(_ role: String, _ file: String) throws(TransportError) {
  var information = stat()
  guard unsafe stat(file, &information) == 0, unsafe access(file, R_OK) == 0 else {
    let reason = unsafe String(cString: strerror(errno)).lowercased()
    throw TransportError(
      .setup,
      "cannot read the \(role) \(file): \(reason); check its name and permissions"
    )
  }
  guard information.st_mode & S_IFMT == S_IFREG else {
    throw TransportError(
      .setup,
      "the \(role) \(file) is no regular file; copy what it holds into one, and name that"
    )
  }
}

/// libcurl is made ready once for the whole process, and never unloaded.
private let globalInit = unsafe curl_global_init_mem(
  Int(CURL_GLOBAL_ALL),
  buffers_malloc,
  buffers_free,
  buffers_realloc,
  buffers_strdup,
  buffers_calloc
)
