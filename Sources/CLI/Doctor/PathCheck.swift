import JSON
import KeySources
import Runner
import Transport

/// How one endpoint answers one key by one route.
struct PathCheck: Sendable {
  /// Who asked whom, and how.
  struct Subject: Sendable {
    let account: String
    let endpoint: String
    let route: String
    let key: String
  }

  /// With what the account comes.
  enum Credential: Sendable {
    case key
    /// It says that the server asks for none.
    case none
    /// Its keys cannot be had, which is told elsewhere.
    case missing
  }

  let subject: Subject
  /// Whether the key is accepted; nil where nobody can tell.
  let isAccepted: Bool?
  let status: Int?
  let version: HTTPResponse.Version?
  let path: PathReport?
  /// How far the server's clock is ahead of this one, in seconds, as far as its head and the way here
  /// tell; nil where it does not.
  let skew: Int?
  /// What is wrong with it; nil where nothing is.
  let fault: Finding?

  /// - Parameters:
  ///   - said: the start of the answer, without the key.
  ///   - outcome: what a job would make of the answer.
  ///   - unixTime: when it came, in seconds since 1970.
  init(
    _ subject: Subject,
    _ response: HTTPResponse,
    saying said: String,
    _ outcome: Outcome,
    with credential: Credential,
    at unixTime: Int
  ) {
    self.subject = subject
    status = response.status
    version = response.version
    path = response.path
    let date = response.header("date").flatMap(Timestamp.httpDate)
    skew = date.map { Int($0 / 1_000) - unixTime }
    let isGood = response.isList || response.status == 429
    fault =
      response.isList ? nil : Self.fault(of: response.status, said, outcome, subject, credential)
    isAccepted = credential != .key ? nil : isGood ? true : fault?.grade == .fault(77) ? false : nil
  }

  init(_ subject: Subject, _ error: TransportError) {
    self.subject = subject
    (isAccepted, status, version, path, skew) = (nil, nil, nil, nil, nil)
    fault = Finding(
      Self.name(subject),
      .fault(69),
      error.message,
      next: "see whether the address is right, and what lies between: `curl -v` to it tells more"
    )
  }

  private static func name(_ subject: Subject) -> String {
    subject.endpoint + (subject.route == "direct" ? "" : " by \(subject.route)")
  }

  private static func fault(
    of status: Int,
    _ said: String,
    _ outcome: Outcome,
    _ subject: Subject,
    _ credential: Credential
  ) -> Finding? {
    let name = name(subject)
    if case .park(let refusal, let reason, _) = outcome {
      switch reason {
      case .credential where credential == .missing: return nil
      case .credential where credential == .key:
        return Finding(
          name,
          .fault(77),
          "the provider refuses \(subject.key): \(said)",
          next: "see whether the key is whole, belongs to this provider, and is still in use"
        )
      case .credential:
        return Finding(
          name,
          .fault(77),
          "the server asks for a key, and the account has none: \(said)",
          next: "name where the key is: `keys` in the job file, or --key"
        )
      case .billing: return Finding(name, .warning, "the account is out of credit: \(said)")
      case .configuration, .route:
        return Finding(name, .fault(69), "\(refusal.message) (HTTP \(status))")
      }
    }
    // Servers that only look like the provider's have no list of models.
    if [400, 404, 405, 501].contains(status) { return nil }
    if (200..<300).contains(status) {
      return Finding(
        name,
        .warning,
        "it answered no list of models, but \(said)",
        next: "see whether this is the provider's API, and not a page of something on the way"
      )
    }
    return Finding(
      name,
      status >= 500 ? .fault(69) : .warning,
      "it answered \(said)",
      next: status >= 500 || status == 429 ? "try again; a run would wait for it" : nil
    )
  }
}

extension HTTPResponse {
  /// Whether it is a success in JSON.
  fileprivate var isList: Bool {
    (200..<300).contains(status) && (try? JSONValue(parsing: body)) != nil
  }
}
