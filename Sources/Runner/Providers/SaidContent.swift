import JSON

extension JSONValue {
  /// Members of a message that are no part of what it says.
  private static let silent: Set = [
    "role", "type", "id", "index", "status", "reasoning", "reasoning_content", "reasoning_details",
    "thinking", "annotations",
  ]

  /// Whether a message, or a part of one, says anything: a text, a refusal, a call, a sound.
  ///
  /// What a model thinks is not what it says.
  var saysSomething: Bool {
    switch kind {
    case .string: string != ""
    case .array: eachElement.contains { $0.saysSomething }
    case .object:
      !["reasoning", "thinking", "redacted_thinking"].contains(self["type"]?.string)
        && (members ?? []).contains { !Self.silent.contains($0.name) && $0.value.saysSomething }
    case .number, .true: true
    case .false, .null: false
    }
  }
}
