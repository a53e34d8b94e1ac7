import Synchronization

/// All that is needed to ask AWS.
struct AWSAccess: Sendable {
  let credentials: AWSCredentials
  let region: String?
  /// Asked instead of the region's own address.
  let endpoint: AWSEndpoint?
}

/// How much longer credentials are good.
package enum AWSFreshness {
  case fresh
  /// Still good, and time to look for newer ones.
  case aging
  case expired

  /// How long before their end credentials are renewed, in milliseconds.
  private static let margin: Int64 = 300_000
  /// How long before their end they are not sent any more: the request takes time, and clocks
  /// differ.
  private static let safety: Int64 = 15_000

  /// Judges credentials.
  ///
  /// - Parameters:
  ///   - expires: when AWS takes them back, in milliseconds since 1970; nil for never.
  ///   - now: the present, likewise.
  package init(expires: Int64?, at now: Int64) {
    switch (expires ?? .max) - now {
    case ...Self.safety: self = .expired
    case ...Self.margin: self = .aging
    default: self = .fresh
    }
  }
}

/// Finds credentials when they are first needed, and new ones before those run out.
///
/// Any number of tasks may ask; they share one search.
final class AWSAccessKeeper: Sendable {
  private typealias Search = Task<Result<AWSAccess, KeySourceError>, Never>

  private struct State {
    var access: AWSAccess?
    var search: Search?
    var hasFound = false
  }

  private let chain: AWSCredentialChain
  private let now: @Sendable () -> Int64
  private let state = Mutex(State())

  init(_ chain: AWSCredentialChain, now: @escaping @Sendable () -> Int64) {
    self.chain = chain
    self.now = now
  }

  /// - Throws: ``KeySourceError`` of kind `denied` where there are no credentials, `unavailable`
  ///   where there were some before.
  func access() async throws(KeySourceError) -> AWSAccess {
    let (present, freshness, search) = state.withLock { state in
      let freshness =
        state.access.map { AWSFreshness(expires: $0.credentials.expires, at: now()) } ?? .expired
      return (state.access, freshness, freshness == .fresh ? nil : startSearch(&state))
    }
    if let present, freshness == .fresh { return present }
    switch await search?.value {
    case .success(let access): return access
    case .failure(let error):
      if let present, freshness == .aging { return present }
      let hasFound = state.withLock { $0.hasFound }
      throw hasFound ? KeySourceError(.unavailable, error.description) : error
    case nil: throw KeySourceError(.unavailable, "no AWS credentials are at hand")
    }
  }

  /// AWS does not take these credentials: looks for others the next time.
  func discard(_ credentials: AWSCredentials) {
    state.withLock { state in
      if state.access?.credentials === credentials { state.access = nil }
    }
  }

  private func startSearch(_ state: inout State) -> Search {
    if let search = state.search { return search }
    let search = Search {
      let result: Result<AWSAccess, KeySourceError>
      do throws(KeySourceError) {
        result = .success(try await self.chain.access())
      } catch {
        result = .failure(error)
      }
      self.state.withLock { state in
        state.search = nil
        guard case .success(let access) = result else { return }
        state.access = access
        state.hasFound = true
      }
      return result
    }
    state.search = search
    return search
  }
}
