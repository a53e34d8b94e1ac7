import ArgumentParser
import Simulator

struct PlaceOptions: ParsableArguments {
  @Option(help: "The port on 127.0.0.1; 0 picks a free one.")
  var port = 0

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("End after this time.", valueName: "seconds")
  )
  var time: String?

  @Option(
    help: ArgumentHelp(
      "Append one JSON line per request to a file. GET /simulator/ledger has the totals.",
      valueName: "file"
    ),
    completion: .file()
  )
  var ledger: String?

  /// When to end; nil is never.
  func lifetime() throws(SimulatorError) -> Duration? {
    guard let time else { return nil }
    return try duration(time, option: "--for")
  }

  func apply(to configuration: inout SimulatorConfiguration) throws(SimulatorError) {
    guard (0...65535).contains(port) else {
      throw SimulatorError("--port \(port) is not a port; 0 picks a free one")
    }
    _ = try lifetime()
    configuration.port = port
    configuration.ledgerPath = ledger
  }
}

/// Reads the texts of an option that may be repeated.
///
/// They are not left to the argument parser, because it would repeat a faulty text in its message,
/// and that may hold a key.
func readAll<Value>(
  _ texts: [String],
  _ read: (String) throws(SimulatorError) -> Value
) throws(SimulatorError) -> [Value] {
  var values: [Value] = []
  for text in texts { values.append(try read(text)) }
  return values
}

/// Reads a time such as `30`, `30s` or `200ms`.
func duration(_ text: String, option: String) throws(SimulatorError) -> Duration {
  guard let duration = Duration(parsing: text) else {
    throw SimulatorError("\(option) '\(text)' is not a time such as 30s or 200ms")
  }
  return duration
}
