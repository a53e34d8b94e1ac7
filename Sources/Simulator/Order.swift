package import FoundationEssentials

/// What whoever runs the simulator may tell it while it runs.
package enum Order: Sendable {
  case keys(KeyChange)
  /// Changes settings of an account.
  case account(String, [AccountSetting])
  /// Answers every request as overloaded for so long, and no longer than that.
  case outage(Duration)

  /// The paths of orders, by what their bodies look like.
  static let forms = [
    "/simulator/keys": KeyChange.form,
    "/simulator/limits":
      #"POST {"account":"NAME","rpm":3000,"others":0.5}, any of \#(AccountSetting.names); "#
      + "null takes one away",
    "/simulator/hold": #"POST {"account":"NAME","seconds":90}"#,
    "/simulator/outage": #"POST {"for":60}, in seconds; 0 ends one"#,
  ]

  /// Reads an order that was posted; nil when the path is none of an order.
  ///
  /// - Throws: ``SimulatorError`` that shows the form of the path's orders.
  package init?(path: String, body: Data) throws(SimulatorError) {
    guard let form = Self.forms[path] else { return nil }
    func read<Value: Decodable>(_ type: Value.Type) throws(SimulatorError) -> Value {
      do {
        return try JSONDecoder().decode(type, from: body)
      } catch {
        throw SimulatorError(form)
      }
    }
    switch path {
    case "/simulator/keys":
      self = .keys(try read(KeyChange.self))
    case "/simulator/outage":
      let fields = try read([String: SettingText].self)
      guard fields.count == 1, let time = fields["for"]?.duration else {
        throw SimulatorError(form)
      }
      self = .outage(time)
    default:
      var fields = try read([String: SettingText].self)
      let account = fields.removeValue(forKey: "account")?.text ?? "default"
      if path == "/simulator/hold" {
        guard fields.count == 1, let time = fields["seconds"]?.duration else {
          throw SimulatorError(form)
        }
        self = .account(account, [.hold(time)])
      } else {
        var settings: [AccountSetting] = []
        for (name, value) in fields { settings.append(try AccountSetting(name, value.text)) }
        self = .account(account, settings)
      }
    }
  }

  /// A value of JSON as an option would write it.
  private struct SettingText: Decodable {
    let text: String

    var duration: Duration? { Duration(parsing: text) }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        text = "none"
      } else if let number = try? container.decode(Int.self) {
        text = "\(number)"
      } else if let number = try? container.decode(Double.self) {
        text = "\(number)"
      } else {
        text = try container.decode(String.self)
      }
    }
  }
}
