import FoundationEssentials
import KeySources
import Runner
import Transport

/// Sends a request that costs nothing to every endpoint, by each of its routes and with each key.
struct PathProbe {
  let settings: Settings
  let sources: KeySources

  /// What was found of an account, in the order of its job file.
  ///
  /// - Parameter keys: those that its references hold.
  /// - Throws: ``KeySourceError`` where the login of a proxy cannot be had.
  func checks(of account: JobFile.Account, with keys: [Key]) async throws -> [PathCheck] {
    var routes = RouteHandles(settings.routes)
    let ways = try await routes.handles(to: account.endpoints, from: sources)
    var transport: CurlTransport?
    var checks: [PathCheck] = []
    for (endpoint, handles) in zip(account.endpoints, ways) {
      for handle in handles {
        for key in keys.isEmpty ? [.absent] : keys {
          tell("asking \(endpoint) by \(handle.name)")
          // A client of its own, so that no connection is there yet.
          let client = try CurlTransport(.init(maxResponseBytes: FreeRequest.largestAnswer))
          await transport?.shutdown()
          transport = client
          checks.append(await check(account, endpoint, handle, key, by: client))
        }
      }
    }
    await transport?.shutdown()
    Console.shared.endProgress()
    return checks
  }

  private func tell(_ line: String) {
    if Console.shared.isTerminal { Console.shared.show(progress: line) }
  }

  private func check(
    _ account: JobFile.Account,
    _ endpoint: Endpoint,
    _ handle: RouteHandle,
    _ key: Key,
    by client: CurlTransport
  ) async -> PathCheck {
    let subject = PathCheck.Subject(
      account: account.name,
      endpoint: endpoint.url,
      route: handle.name,
      key: key.reference.description
    )
    do throws(TransportError) {
      var request = try FreeRequest.make(of: settings.provider, to: endpoint, with: key)
      request.route = handle
      request.wantsPath = true
      let response = try await client.send(request)
      let now = Date().timeIntervalSince1970
      return PathCheck(
        subject,
        response,
        saying: FreeRequest.said(response, to: key),
        settings.provider.outcome(of: response, path: FreeRequest.path, at: now).hiding(key),
        with: !key.isAbsent ? .key : account.keys == [.absent] ? .none : .missing,
        at: Int(now)
      )
    } catch {
      return PathCheck(subject, error)
    }
  }
}
