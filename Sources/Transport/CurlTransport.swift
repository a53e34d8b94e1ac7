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
    /// How requests go that name no route; whatever the environment says, no proxy but that of a route.
    package var route: Route
    /// How many transfers run at once; more wait their turn, their deadlines not yet running.
    package var maxInFlight: Int
    /// The largest body accepted, in bytes after decompression.
    package var maxResponseBytes: Int
    /// The most bytes of response bodies that are held at a time, those included that have not been
    /// let go since they were returned; over HTTP/2 they are not bounded.
    package var responseMemory: Int
    /// How long a connection may be idle and still be used, whole seconds.
    package var maxIdle: Duration

    /// The defaults suit a provider's API: system certificates, no proxy, 64 MiB responses.
    package init(
      caFile: String? = nil,
      proxy: String? = nil,
      maxInFlight: Int = 16_384,
      maxResponseBytes: Int = 64 << 20,
      responseMemory: Int = 128 << 20,
      maxIdle: Duration = .seconds(30)
    ) {
      route = Route(proxy.map { .proxy(Route.Proxy(url: $0)) } ?? .direct, caFile: caFile)
      self.maxInFlight = maxInFlight
      self.maxResponseBytes = maxResponseBytes
      self.responseMemory = responseMemory
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
    try configuration.route.check()
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

/// libcurl is made ready once for the whole process, and never unloaded.
private let globalInit = unsafe curl_global_init_mem(
  Int(CURL_GLOBAL_ALL),
  buffers_malloc,
  buffers_free,
  buffers_realloc,
  buffers_strdup,
  buffers_calloc
)
