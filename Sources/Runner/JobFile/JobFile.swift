package import Jobs
package import KeySources
package import Transport

/// What a job file says; what it leaves out is nil.
///
/// Paths are absolute or relative to the working directory: those in the file are taken relative to
/// its folder.
package struct JobFile: Sendable, Equatable {
  /// A set of rate limits with the keys and endpoints that share them.
  package struct Account: Sendable, Equatable {
    package var name: String
    /// Where its keys are, in the order in which they are tried.
    package var keys: [KeyReference]
    /// Those in allowed regions; empty for the provider's own.
    package var endpoints: [Endpoint]
    package var limits: RateLimits
    package var models: ModelMap

    package init(
      name: String,
      keys: [KeyReference] = [],
      endpoints: [Endpoint] = [],
      limits: RateLimits = RateLimits(),
      models: ModelMap = ModelMap()
    ) {
      self.name = name
      self.keys = keys
      self.endpoints = endpoints
      self.limits = limits
      self.models = models
    }
  }

  /// A prompt template and the line of the job file that its text begins on.
  package struct Template: Sendable, Equatable {
    package var text: String
    package var firstLine: Int

    package init(text: String, firstLine: Int = 1) {
      self.text = text
      self.firstLine = firstLine
    }
  }

  package var input: String?
  /// Whether links that lead out of a folder of documents are followed.
  package var followsLinks = false
  /// The member of plain lines that is the id, where it is not `id`.
  package var idField: String?
  /// How a file or pipe is written; nil where its name says that.
  package var inputFormat: InputFormat?
  /// The query whose rows are the jobs, where the input is a database.
  package var sql: String?
  package var output: String?
  package var provider: String?
  package var model: String?
  package var maxTokens: Int?
  package var system: String?
  package var prompt: Template?
  /// Fields of lines that neither the prompt nor anything else needs.
  package var ignoredFields: Set<String> = []
  /// The provider's own parameters of plain prompts.
  package var params: [Parameter] = []
  /// The path of a file with the JSON schema of answers.
  package var schema: String?
  /// Where plain prompts go, one of the provider's APIs.
  package var api: String?
  /// Accounts as listed, or one named `default` made of `base_url`, `key` and `keys`.
  package var accounts: [Account] = []
  /// Where data may go: no account has an endpoint elsewhere.
  package var regions = AllowedRegions.all
  /// The most requests in flight.
  package var concurrency: Int?
  /// The bytes of bodies, encoded requests and answers that are held at a time.
  package var memory: Int?
  /// The most jobs to run.
  package var limit: Int?
  /// The longest that one request may take.
  package var timeout: Duration?
  package var caFile: String?
  /// Hosts that requests may reach unencrypted.
  package var allowHTTP: [String] = []
  package var queue: String?
  /// How long a drain waits for what is in flight.
  package var grace: Duration?
  package var keystore: String?
  package var identity: String?
  package var maxAttempts: Int?
  /// The proxy of endpoints that name no route.
  package var proxy: Route.Proxy?
  /// The ways out that endpoints can name.
  package var routes: [NamedRoute] = []
  /// The path of a file of prices.
  package var prices: String?
  /// The most that the batch may cost.
  package var budget: USD?
  /// What is done with jobs that were on their way when their worker died.
  package var onUnknown: OnUnknown?
  /// How long a worker of a queue that is not heard of keeps its jobs.
  package var lease: Duration?
  package var secrets = Secrets()

  /// A job file that says nothing, for a run that is described by flags alone.
  package init() {}
}

/// Why a job file cannot be used.
package struct JobFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong and what to write instead, without file and line.
  package let message: String
  package let file: String
  /// Counted from 1; nil where the whole file is meant.
  package let line: Int?

  /// Control characters of names that `message` repeats are replaced, lest a terminal act on them.
  init(message: String, file: String, line: Int?) {
    let isControl = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory == .control }
    let plain = message.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }
    self.message = String(String.UnicodeScalarView(plain))
    self.file = file
    self.line = line
  }

  /// As in `jobs.yaml:12: unknown field …`, the way compilers and editors write a place.
  package var description: String {
    line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
  }
}
