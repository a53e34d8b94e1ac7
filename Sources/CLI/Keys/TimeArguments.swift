import ArgumentParser
import KeySources

/// A length of time as it is written on the command line: `45s`, `30m`, `24h` or `7d`.
struct SpanArgument: CustomStringConvertible {
  let seconds: Int64

  init?(argument: String) {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = argument.last.flatMap { units[$0] }
    guard let number = Int64(unit == nil ? argument : String(argument.dropLast())),
      unit != nil || number == 0, (0...100_000_000).contains(number)
    else { return nil }
    seconds = number * (unit ?? 1)
  }

  init(hours: Int64) {
    seconds = hours * 3600
  }

  var duration: Duration { .seconds(seconds) }

  /// As it is written.
  var description: String {
    seconds % 3600 == 0 ? "\(seconds / 3600)h" : "\(seconds)s"
  }
}

extension SpanArgument {
  /// Reads the value of a flag.
  ///
  /// - Throws: an error that says what is expected; the argument parser adds the flag.
  static func flag(_ text: String) throws -> SpanArgument {
    guard let span = SpanArgument(argument: text) else {
      throw ValidationError("it must be a time with its unit, such as 45s, 30m, 24h or 7d")
    }
    return span
  }
}

extension MomentArgument {
  /// Reads the value of a flag, likewise.
  static func flag(_ text: String) throws -> MomentArgument {
    guard let moment = MomentArgument(argument: text) else {
      throw ValidationError(
        "it must be a date such as 2027-01-31 or 2027-01-31T12:00:00Z, or a time from now such as 90d"
      )
    }
    return moment
  }
}

/// A moment as it is written on the command line: `2027-01-31`, `2027-01-31T12:00:00Z`, or a time
/// from now, such as `90d`.
struct MomentArgument {
  /// In milliseconds since 1970.
  let moment: Int64

  init?(argument: String) {
    if let span = SpanArgument(argument: argument) {
      moment = Timestamp.now() + span.seconds * 1000
      return
    }
    let text = argument.utf8.count == 10 ? argument + "T00:00:00Z" : argument
    guard let moment = Timestamp.moment(text) else { return nil }
    self.moment = moment
  }
}
