import FoundationEssentials
import KeySources
import Runner
import Secrets
import Transport

/// Asks a provider whether it accepts a key, with a request that costs nothing.
struct KeyProbe {
  private let provider: any Provider
  private let endpoint: Endpoint
  private let caFile: String?

  /// - Parameters:
  ///   - provider: the name of one of ``providers``.
  ///   - baseURL: where to ask; nil for the provider's own address.
  ///   - caFile: the certificates to trust; nil for the system's.
  init(provider: String, baseURL: String?, caFile: String?) throws {
    do {
      self.provider = try makeProvider(named: provider)
      let usual = try providerKind(named: provider).defaultEndpoint
      let endpoint = try baseURL.map { try Endpoint($0) } ?? usual
      guard !endpoint.isExposed else {
        throw CLIError.usage(
          "\(endpoint) would be sent the key in the clear",
          next: "write https://, or leave --probe out"
        )
      }
      self.endpoint = endpoint
    } catch let error as CLIError {
      throw error
    } catch {
      throw CLIError(sentence: "\(error)", exitCode: 64)
    }
    self.caFile = caFile
  }

  private var url: String { endpoint.url(for: FreeRequest.path) }

  /// Returns when the provider accepts the key.
  ///
  /// - Throws: ``CLIError``, with status 77 when it refuses the key and 69 when it cannot tell.
  func check(_ key: Key) async throws {
    let response: HTTPResponse
    do throws(TransportError) {
      response = try await send(key)
    } catch {
      throw undecided("\(url) could not be asked: \(error.message)")
    }
    switch response.status {
    case 200..<300: return
    case 401, 403:
      throw CLIError(
        "the provider refuses the new value of \(key): \(FreeRequest.said(response, to: key)); "
          + "the keystore was not changed",
        at: url,
        next: "check that the value is whole and belongs to this provider, and rotate again",
        exitCode: 77
      )
    default: throw undecided("\(url) answered \(FreeRequest.said(response, to: key))")
    }
  }

  private func send(_ key: Key) async throws(TransportError) -> HTTPResponse {
    let request = try FreeRequest.make(of: provider, to: endpoint, with: key)
    let transport = try CurlTransport(
      .init(caFile: caFile, maxResponseBytes: FreeRequest.largestAnswer)
    )
    defer { Task { await transport.shutdown() } }
    return try await transport.send(request)
  }

  private func undecided(_ why: String) -> CLIError {
    CLIError(
      "\(why); the keystore was not changed",
      next: "try again, or leave --probe out to store the value unasked",
      exitCode: 69
    )
  }
}
