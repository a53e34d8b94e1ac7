/// A reader of bytes that come from outside, and what must hold whatever they are.
///
/// The suite gives each a while of damaged samples, `make fuzz` hours of whatever a fuzzer finds.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case json
  case repair
  case line
  case table
  case template
  case answer
  case stream
  case head
  case jobFile = "job-file"
  case prices
  case reference
  case age
  case identity
  case keys
  case answers
  case sent
  case audit
  case batch
  case attachment

  /// Reads some bytes.
  ///
  /// - Returns: what did not hold; nil where all did.
  package func fault(in bytes: [UInt8]) -> String? {
    switch self {
    case .json: JSONTargets.value(bytes)
    case .repair: JSONTargets.repair(bytes)
    case .line: InputTargets.line(bytes)
    case .table: TableTargets.table(bytes)
    case .template: InputTargets.template(bytes)
    case .answer: AnswerTargets.answer(bytes)
    case .stream: AnswerTargets.stream(bytes)
    case .head: AnswerTargets.head(bytes)
    case .jobFile: ConfigTargets.jobFile(bytes)
    case .prices: ConfigTargets.prices(bytes)
    case .reference: ConfigTargets.reference(bytes)
    case .age: SecretTargets.age(bytes)
    case .identity: SecretTargets.identity(bytes)
    case .keys: SecretTargets.keys(bytes)
    case .answers: FileTargets.answers(bytes)
    case .sent: FileTargets.sent(bytes)
    case .audit: FileTargets.audit(bytes)
    case .batch: FileTargets.batch(bytes)
    case .attachment: FileTargets.attachment(bytes)
    }
  }
}
