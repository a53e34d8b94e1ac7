import Glibc

/// Why the simulator cannot start.
package struct SimulatorError: Error, CustomStringConvertible, Equatable {
  /// What is wrong, in plain words.
  package let description: String

  /// An error that says what is wrong, in plain words.
  package init(_ description: String) {
    self.description = description
  }
}

/// The system's words for an error number, such as `Permission denied`.
func systemReason(_ code: CInt) -> String {
  unsafe String(cString: strerror(code))
}
