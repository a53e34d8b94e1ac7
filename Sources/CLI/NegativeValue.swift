/// A value below zero, which the argument parser takes for an option, so that it misses the value.
struct NegativeValue {
  let option: String
  let value: String

  /// - Parameters:
  ///   - message: of the parser, which names the option in quotes.
  ///   - arguments: as they were given.
  init?(missedBy message: String, in arguments: [String]) {
    let pairs = zip(arguments, arguments.dropFirst())
    let pair = pairs.first { option, value in
      message.contains("'\(option) ") && value.wholeMatch(of: /-[0-9.][0-9.a-zA-Z]*/) != nil
    }
    guard let pair else { return nil }
    (option, value) = pair
  }
}
