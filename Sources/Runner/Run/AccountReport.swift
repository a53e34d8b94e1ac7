import KeySources
import Synchronization

/// How an account stands, for `status`: which key it uses, and what is wrong.
package struct AccountReport: Sendable, Equatable {
  package var name: String
  /// `running`, `waiting for a key`, or `parked`.
  package var state: String
  /// Why it does not run; empty where it does.
  package var reason: String
  /// The key of the next request; empty where there is none.
  package var key: String
  /// What is wrong with the sources of its keys, although it runs.
  package var complaints: [String]

  /// One JSON object.
  package var json: [UInt8] {
    var line: [UInt8] = []
    line.appendRaw("{\"name\":")
    line.appendJSON(name)
    for (field, text) in [("state", state), ("reason", reason), ("key", key)] {
      line.appendRaw(",\"\(field)\":")
      line.appendJSON(text)
    }
    line.appendRaw(",\"complaints\":[")
    for (index, complaint) in complaints.enumerated() {
      if index > 0 { line.appendRaw(",") }
      line.appendJSON(complaint)
    }
    line.appendRaw("]}")
    return line
  }

  /// Reports as a batch keeps them; none where it keeps nothing that can be read.
  package static func all(in json: String) -> [AccountReport] {
    guard let list = try? JSONValue(parsing: Array(json.utf8)).elements else { return [] }
    return list.map { object in
      AccountReport(
        name: object["name"]?.string ?? "",
        state: object["state"]?.string ?? "",
        reason: object["reason"]?.string ?? "",
        key: object["key"]?.string ?? "",
        complaints: object["complaints"]?.elements?.compactMap(\.string) ?? []
      )
    }
  }

  /// Reports as a batch keeps them.
  static func json(_ reports: [AccountReport]) -> String {
    var text: [UInt8] = []
    text.appendRaw("[")
    for (index, report) in reports.enumerated() {
      if index > 0 { text.appendRaw(",") }
      text += report.json
    }
    text.appendRaw("]")
    return String(decoding: text, as: UTF8.self)
  }
}

extension Account {
  var report: AccountReport {
    let (parking, isWithoutKey) = state.withLock { ($0.parking, $0.isWithoutKey) }
    return AccountReport(
      name: name,
      state: parking != nil ? "parked" : isWithoutKey ? "waiting for a key" : "running",
      reason: parking?.message ?? "",
      key: keyring.current ?? "",
      complaints: keyring.complaints
    )
  }
}
