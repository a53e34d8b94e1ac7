import Jobs
import KeySources
import Transport

/// Sends the request of an assignment and judges what comes back.
struct RequestSender: Sendable {
  let provider: any Provider
  let client: any HTTPClient
  let writer: StoreWriter
  let organisations: AccountOrganisations
  let clock: any RunClock
  let deadlines: Deadlines
  let events: any EventSink

  func send(_ prepared: PreparedJob, by account: Account, _ assignment: Assignment) async -> Answer
  {
    if let refused = outsideRegions(of: account, assignment) { return refused }
    events.record(.sent)
    defer { events.record(.returned) }
    do throws(TransportError) {
      let request = try request(prepared, by: account, assignment)
      CrashPoint.reached(.sending)
      let response = try await client.send(request)
      CrashPoint.reached(.answered)
      return judge(response, to: prepared.request.path, by: account, assignment)
    } catch {
      guard let response = error.partial else { return judge(error) }
      return judge(response, to: prepared.request.path, by: account, assignment, after: error)
    }
  }

  // None of what follows is inlined, so that what it needs is not held by every slot that waits for
  // its answer.

  @inline(never)
  private func outsideRegions(of account: Account, _ assignment: Assignment) -> Answer? {
    let endpoint = account.endpoints[assignment.grant.place.endpoint]
    guard !account.regions.allows(endpoint) else { return nil }
    let refusal = Refusal(outsideRegions: account.regions, endpoint)
    return Answer(outcome: .park(refusal, .configuration, until: nil), mayHaveLeft: false)
  }

  @inline(never)
  private func judge(_ error: TransportError) -> Answer {
    if error.code == .cancelled || error.code == .closed {
      return Answer(mayHaveLeft: error.requestMayHaveLeft)
    }
    writer.count(Traffic(requestsSent: error.requestMayHaveLeft ? 1 : 0))
    return Answer(
      outcome: Outcome(error),
      mayHaveLeft: error.requestMayHaveLeft,
      isBroken: error.code == .handshake,
      isAboutRequest: error.requestMayHaveLeft
    )
  }

  @inline(never)
  private func request(
    _ prepared: PreparedJob,
    by account: Account,
    _ assignment: Assignment
  ) throws(TransportError) -> HTTPRequest {
    let mapped = account.models.request(prepared.request, prepared.shape)
    var request = HTTPRequest(
      url: account.endpoints[assignment.grant.place.endpoint].url(for: mapped.path),
      headers: try account.headers(for: assignment.key, with: mapped.header),
      body: mapped.body,
      deadlines: deadlines
    )
    request.route = account.route(at: assignment.grant.place)
    return request
  }

  @inline(never)
  private func judge(
    _ response: HTTPResponse,
    to path: String,
    by account: Account,
    _ assignment: Assignment,
    after error: TransportError? = nil
  ) -> Answer {
    writer.count(Traffic(requestsSent: response.requestsSent))
    organisations.learn(from: response, about: account.name, by: provider)
    let time = Double(clock.unixMilliseconds) / 1_000
    let outcome = provider.outcome(of: response, path: path, at: time).after(error, response.status)
    return Answer(
      response: response,
      outcome: outcome.hiding(assignment.key.key),
      sighting: limitSighting(in: response, at: time),
      isAboutRequest: ![502, 503, 529].contains(response.status)
    )
  }
}

extension Refusal {
  /// Data would leave the regions where it may be.
  fileprivate init(outsideRegions regions: AllowedRegions, _ endpoint: Endpoint) {
    self.init(
      status: nil,
      code: "region_not_allowed",
      message: "\(endpoint) is in region \(endpoint.region ?? "unknown"), and `regions` allows "
        + "only \(regions.list); nothing was sent there"
    )
  }
}
