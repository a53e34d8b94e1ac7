import Glibc

/// One thing to note in an audit log: an event of a key, or which attempts a key served.
///
/// A pure value that has no place for a secret: a key appears by its reference, the store's name
/// of the version, and its fingerprint.
package struct AuditEntry: Hashable, Sendable {
  /// What happened.
  package enum Event: String, Hashable, Sendable, CaseIterable {
    /// A key was read for the first time.
    case loaded
    /// Another value took the place of the one before.
    case rotated
    /// The provider accepted a value for the first time.
    case proven
    /// A refused value is tried once more.
    case retried
    /// A value finishes what it began, and begins nothing new.
    case draining
    /// A value is out of use and wiped.
    case retired
    /// The provider refused a value.
    case refused
    /// A value will soon expire.
    case expiring
    /// The store says that the key is no more.
    case gone
    /// The store could not answer; the last value stays in use.
    case storeUnavailable = "store_unavailable"
    /// The store has not answered for long.
    case stale
    /// The store answers again.
    case storeAnswered = "store_answered"
    /// An account has no usable key, and its jobs wait.
    case parked
    /// A parked account works again.
    case resumed
    /// The provider told which organisation a key belongs to.
    case organisation
    /// Attempts were made with a key.
    case attempts
    /// A keystore was made.
    case created
    /// A key was put into the keystore.
    case added
    /// A key of the keystore was given another value at once, without overlap.
    case replaced
    /// The value before a rotation was made the active one again.
    case rolledBack = "rolled_back"
    /// An operator took a key out of use.
    case disabled
    /// An operator put a key into use again.
    case enabled
    /// A key was taken out of the keystore.
    case removed
    /// It was said anew who can open the keystore.
    case recipients
    /// An operator accepted a keystore that is older than, or other than, the one seen before.
    case accepted
    /// The change of the keystore that was noted right before was not made.
    case failed
    /// A torn last line, left by a crash, was cut off the log.
    case repaired
  }

  /// A value of an entry's field.
  package enum Value: Hashable, Sendable {
    /// Text.
    case text(String)
    /// A whole number.
    case number(Int)
  }

  /// A field of an entry, in the order in which the line has them.
  package struct Field: Hashable, Sendable {
    /// Lower-case letters and `_`.
    package let name: String
    /// What it says.
    package let value: Value

    /// A field of a text, or none where there is no text.
    static func text(_ name: String, _ text: String?) -> [Field] {
      text.map { [Field(name: name, value: .text($0))] } ?? []
    }
  }

  /// How an audit log names a key.
  package struct KeyName: Hashable, Sendable {
    /// The reference as it may be shown.
    package let reference: String
    /// The store's name of the version; nil where it has none.
    package let label: String?
    /// The short name of the value.
    package let fingerprint: String

    /// Names a key whose parts are known; the reference as it may be shown.
    package init(reference: String, label: String?, fingerprint: String) {
      self.reference = reference
      self.label = label
      self.fingerprint = fingerprint
    }

    /// Names a key.
    package init(_ key: Key) {
      self.init(
        reference: key.reference.description,
        label: key.label,
        fingerprint: key.fingerprint
      )
    }
  }

  /// The most bytes kept of a detail.
  private static let longestDetail = 2000

  /// What happened.
  package let event: Event
  /// What is said about it.
  package let fields: [Field]

  private init(_ event: Event, _ fields: [[Field]]) {
    self.event = event
    self.fields = fields.flatMap(\.self)
  }

  /// Something happened to a key or to an account.
  ///
  /// - Parameters:
  ///   - event: what.
  ///   - account: the account whose key it is; nil for changes of the keystore.
  ///   - key: the key; nil where it is not about one value.
  ///   - detail: more about it in plain words, which hold nothing secret; its start where it is
  ///     longer than 2,000 bytes.
  package static func key(
    _ event: Event,
    account: String? = nil,
    key: KeyName? = nil,
    detail: String? = nil
  ) -> AuditEntry {
    let detail = detail.map { String(decoding: $0.utf8.prefix(longestDetail), as: UTF8.self) }
    return AuditEntry(
      event,
      [Field.text("account", account), fields(of: key), Field.text("detail", detail)]
    )
  }

  /// Somebody changed the keystore.
  ///
  /// - Parameters:
  ///   - event: how.
  ///   - key: the key as it is after the change; nil where it is not about one.
  ///   - detail: more about it in plain words, which hold nothing secret.
  ///   - user: the number of the user who did it.
  static func keystore(
    _ event: Event,
    key: KeyName? = nil,
    detail: String? = nil,
    user: UInt32 = geteuid()
  ) -> AuditEntry {
    let user = [Field(name: "uid", value: .number(Int(user)))]
    return AuditEntry(event, [fields(of: key), Field.text("detail", detail), user])
  }

  /// Attempts that one key served.
  ///
  /// - Parameters:
  ///   - key: the key that the requests carried; nil where a crash has taken that knowledge.
  ///   - account: its account; nil likewise.
  ///   - outcome: what became of all of them, for instance `completed`, `failed` or `refused`.
  ///   - jobs: the numbers of their jobs in the batch, in any order; up to some thousands.
  package static func attempts(
    key: KeyName?,
    account: String?,
    outcome: String,
    jobs: [Int]
  ) -> AuditEntry {
    let numbers = jobs.sorted()
    return AuditEntry(
      .attempts,
      [
        Field.text("account", account), fields(of: key), Field.text("outcome", outcome),
        [Field(name: "count", value: .number(numbers.count))],
        [Field(name: "jobs", value: .text(ranges(of: numbers)))],
      ]
    )
  }

  /// Lines from the first torn one on were cut off.
  static func repaired(cutting count: Int) -> AuditEntry {
    let detail = "cut off \(count) bytes, from a line on that a crash had left unfinished"
    return AuditEntry(.repaired, [Field.text("detail", detail)])
  }

  private static func fields(of key: KeyName?) -> [Field] {
    guard let key else { return [] }
    return Field.text("key", key.reference) + Field.text("version", key.label)
      + Field.text("fingerprint", key.fingerprint)
  }

  /// Sorted numbers, such as `0-17,19`.
  private static func ranges(of numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = ranges.last, number <= last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}
