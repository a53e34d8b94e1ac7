import Glibc
package import Secrets

/// Reads keys and passphrases that people type or programs pipe in, without showing them.
package enum HiddenInput {
  private static let longest = Key.largest

  /// Reads an open file descriptor to its end, without any line break there.
  ///
  /// - Parameters:
  ///   - descriptor: for instance 0 for standard input.
  ///   - what: names what is read, for messages.
  /// - Returns: what was read.
  /// - Throws: ``KeySourceError`` of kind `denied` when it cannot be read, or is empty.
  package static func read(
    from descriptor: Int32,
    _ what: String
  ) throws(KeySourceError) -> Secret {
    let text = try SecretFile.read(
      descriptor,
      path: "from file descriptor \(descriptor)",
      what: what,
      largest: longest
    )
    return try trimmed(text, what)
  }

  /// Asks on the terminal and reads one line that does not appear there.
  ///
  /// - Parameters:
  ///   - prompt: what to ask, without the colon.
  ///   - otherwise: what to do when there is no terminal, for the message.
  /// - Returns: what was typed.
  /// - Throws: ``KeySourceError`` of kind `denied` without a terminal, after ^C, or when nothing
  ///   was typed.
  package static func ask(_ prompt: String, otherwise: String) throws(KeySourceError) -> Secret {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else {
      throw KeySourceError(.denied, "there is no terminal to ask for the \(prompt); \(otherwise)")
    }
    defer { close(terminal) }
    return try trimmed(try answer(to: prompt, on: terminal), prompt)
  }

  /// The echo is off before the prompt is seen, so that nobody can answer too early.
  private static func answer(
    to prompt: String,
    on terminal: Int32
  ) throws(KeySourceError) -> Secret {
    guard let silence = SilentTerminal(terminal) else {
      throw KeySourceError(.denied, "cannot turn off the terminal's echo, so nothing was asked")
    }
    write(prompt + ": ", to: terminal)
    defer { write("\n", to: terminal) }
    let line = try readLine(terminal)
    _ = consume silence
    return line
  }

  /// Reads key by key, because only so ^C can be seen and the terminal put back in order.
  private static func readLine(_ terminal: Int32) throws(KeySourceError) -> Secret {
    try Secret(capacity: longest) { line throws(KeySourceError) in
      while true {
        switch try readByte(terminal) {
        case 0x0A, 0x0D, 0x04: return
        case 0x03: throw KeySourceError(.denied, "cancelled")
        case 0x08, 0x7F: if !line.isEmpty { _ = line.removeLast() }
        case 0x15: line.removeAll()
        case let byte:
          guard !line.isFull else {
            throw KeySourceError(
              .denied,
              "what was typed has more than \(longest) bytes, so nothing was done with it; "
                + "check what was pasted"
            )
          }
          line.append(byte)
        }
      }
    }
  }

  /// - Throws: ``KeySourceError`` where the terminal has gone: what was typed so far is no line.
  private static func readByte(_ terminal: Int32) throws(KeySourceError) -> UInt8 {
    var byte: UInt8 = 0
    while true {
      let count = unsafe Glibc.read(terminal, &byte, 1)
      if count == 1 { return byte }
      guard count < 0, errno == EINTR else {
        throw KeySourceError(
          .denied,
          "the terminal was closed before the line had its end, so nothing was done with it; "
            + "give the command again"
        )
      }
    }
  }

  private static func write(_ text: String, to terminal: Int32) {
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(terminal, bytes, bytes.count)
  }

  private static func trimmed(
    _ text: consuming Secret,
    _ what: String
  ) throws(KeySourceError) -> Secret {
    text.truncate(to: text.withBytes { $0.lengthWithoutLineBreak })
    guard text.count > 0 else {
      throw KeySourceError(
        .denied,
        "\(what) is empty, and nothing was done; give the command again, and the value with it"
      )
    }
    return text
  }
}

extension Span<UInt8> {
  /// The length without line breaks at the end.
  var lengthWithoutLineBreak: Int {
    var length = count
    while length > 0, self[length - 1] == 0x0A || self[length - 1] == 0x0D { length -= 1 }
    return length
  }
}
