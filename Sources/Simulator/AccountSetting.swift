/// One thing that an account can be told, at the start, at a time or while it runs.
///
/// Each is written `NAME=VALUE`; the value `none` takes it away.
package enum AccountSetting: Equatable, Sendable {
  /// Units per minute.
  case rate(Meter, Int?)
  /// How much of the rates may be saved up and spent at once; of one meter, or of all others.
  case burst(Meter?, Duration?)
  /// When output counts; nil is the wire's own way.
  case charge(ChargeModel?)
  /// An interval over which the requests per minute are enforced as well, which no header shows.
  case subLimit(Duration?)
  case others(OtherUsers)
  /// How fast the rate of requests may rise, in per cent per second.
  case acceleration(Double?)
  /// Refuses every request until further notice.
  case refusal(TerminalRefusal?)
  /// Refuses every request for a time, and says how long.
  case hold(Duration)
  case headers(HeaderCondition)
  case organisation(String?)

  /// The names, for messages.
  static let names =
    "rpm, itpm, otpm, project, burst, rpm-burst, itpm-burst, otpm-burst, charge, sub, others, "
    + "accel, refuse, hold, headers and org"

  /// Reads the value of a setting.
  ///
  /// - Throws: ``SimulatorError`` for an unknown name or an unreadable value.
  init(_ name: String, _ text: String) throws(SimulatorError) {
    let text = text == "none" && name != "headers" ? nil : text
    let setting: Self? =
      if let meter = Meter.byRateName[name] {
        Self.read(text, Int.init).flatMap { ($0 ?? 1) > 0 ? .rate(meter, $0) : nil }
      } else if let burst = Self.burst(name, text) {
        burst
      } else {
        try Self.manner(name, text)
      }
    guard let setting else {
      throw SimulatorError("\(name)=\(text ?? "none"): \(Self.form(of: name))")
    }
    self = setting
  }

  /// Reads a value that may be missing: nil when there is a text that says nothing.
  private static func read<Value>(_ text: String?, _ parse: (String) -> Value?) -> Value?? {
    guard let text else { return .some(nil) }
    return parse(text).map(Optional.some)
  }

  private static func burst(_ name: String, _ text: String?) -> Self? {
    guard name.hasSuffix("burst") else { return nil }
    let meter = Meter.byRateName[String(name.dropLast("-burst".count))]
    guard name == "burst" || meter != nil, let time = read(text, Duration.init(parsing:)),
      time ?? .seconds(1) > .zero
    else { return nil }
    return .burst(meter, time)
  }

  /// The settings that are no numbers per minute.
  private static func manner(_ name: String, _ text: String?) throws(SimulatorError) -> Self? {
    switch name {
    case "charge": read(text, ChargeModel.init(rawValue:)).map(Self.charge)
    case "sub": read(text, Duration.init(parsing:)).map(Self.subLimit)
    case "others": read(text, OtherUsers.init(parsing:)).map { .others($0 ?? .nobody) }
    case "accel":
      read(text, Double.init).flatMap { ($0 ?? 1) > 0 ? .acceleration($0) : nil }
    case "refuse": read(text, TerminalRefusal.init(rawValue:)).map(Self.refusal)
    case "hold": read(text, Duration.init(parsing:)).map { .hold($0 ?? .zero) }
    case "headers": text.flatMap(HeaderCondition.init(parsing:)).map(Self.headers)
    case "org": .organisation(text)
    case _ where name.hasSuffix("burst"): nil
    default:
      throw SimulatorError("'\(name)' is none of \(names)")
    }
  }

  /// What a readable value of a setting looks like.
  private static func form(of name: String) -> String {
    switch name {
    case "charge": "must be one of " + ChargeModel.allCases.map(\.rawValue).joined(separator: ", ")
    case "others": "must be a share from 0 to below 1, such as 0.5 or poisson:0.5"
    case "accel": "must be a number of per cent per second above 0"
    case "refuse":
      "must be one of " + TerminalRefusal.allCases.map(\.rawValue).joined(separator: ", ")
    case "headers": "must be \(HeaderCondition.forms)"
    case "sub", "hold": "must be a time such as 1s or 500ms"
    case _ where name.hasSuffix("burst"): "must be a time above 0, such as 5, 0.5 or 500ms"
    default: "must be a whole number above 0"
    }
  }
}
