/// Why the simulator cannot start.
package struct SimulatorError: Error, CustomStringConvertible, Equatable {
  /// What is wrong, in plain words.
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
