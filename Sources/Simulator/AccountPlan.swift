/// What an account is told: settings at the start, and changes while it runs.
package struct AccountPlan: Sendable {
  /// A change at a time after the start.
  struct Change: Sendable {
    let time: Duration
    let setting: AccountSetting
  }

  private(set) var settings: [AccountSetting] = []
  /// In the order of their times.
  private(set) var changes: [Change] = []

  /// A plan of an account without limits.
  package init() {}

  /// Reads settings, such as `rpm=600,burst=5,others=0.5@20s-60s`.
  ///
  /// A setting with `@FROM` holds from that time after the start, and with `@FROM-TO` until the
  /// second; then what was set before holds again.
  ///
  /// - Throws: ``SimulatorError`` for an unknown or unreadable setting.
  package init(parsing text: String) throws(SimulatorError) {
    try self.init(text.split(separator: ",").map(String.init))
  }

  /// Reads settings of which each is one text; later ones override earlier ones.
  ///
  /// - Throws: ``SimulatorError`` for an unknown or unreadable setting.
  package init(_ texts: [String]) throws(SimulatorError) {
    var bases: [String: String] = [:]
    var windows: [(name: String, value: String, window: String)] = []
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw SimulatorError("a setting is written NAME=VALUE, with one of \(AccountSetting.names)")
      }
      let value = parts[1].split(separator: "@", maxSplits: 1).map(String.init)
      if value.count == 2 {
        windows.append((parts[0], value[0], value[1]))
      } else {
        bases[parts[0]] = parts[1]
        settings.append(try AccountSetting(parts[0], parts[1]))
      }
    }
    for (name, value, window) in windows {
      try schedule(name, value, window, before: bases[name] ?? Self.absence(of: name))
    }
  }

  /// Adds a change written `TIME:NAME=VALUE[,NAME=VALUE]`, without the account's name.
  mutating func change(at time: Duration, to texts: [String]) throws(SimulatorError) {
    for setting in try AccountPlan(texts).settings {
      insert(Change(time: time, setting: setting))
    }
  }

  private mutating func schedule(
    _ name: String,
    _ value: String,
    _ window: String,
    before: String
  ) throws(SimulatorError) {
    let times = window.split(separator: "-").map { Duration(parsing: String($0)) }
    guard let from = times.first ?? nil, times.count <= 2, let last = times.last ?? nil,
      times.count == 1 || last > from
    else {
      throw SimulatorError("\(name)=\(value)@\(window): a time is written FROM or FROM-TO")
    }
    insert(Change(time: from, setting: try AccountSetting(name, value)))
    guard times.count == 2 else { return }
    insert(Change(time: last, setting: try AccountSetting(name, before)))
  }

  private mutating func insert(_ change: Change) {
    let index = changes.firstIndex { $0.time > change.time } ?? changes.endIndex
    changes.insert(change, at: index)
  }

  private static func absence(of name: String) -> String {
    name == "headers" ? "full" : "none"
  }
}
