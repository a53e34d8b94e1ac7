import Foundation

/// How a mistake ended, and its section of `docs/mistakes.md`.
struct MistakeRecord {
  let status: Int32
  /// What was printed, with what differs from run to run made the same.
  let said: String
  private let mistake: Mistake

  init(_ mistake: Mistake, status: Int32, said: String, in scene: MistakeScene) {
    self.mistake = mistake
    self.status = status
    self.said = Self.steady(said, in: scene)
  }

  var section: String {
    let lines = said.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    return """
      ### \(mistake.title)

      \(mistake.story)

          $ \(command)
      \(lines)

      Exit status \(status).

      """
  }

  /// The command line as it is typed, its usual flags as `…`.
  private var command: String {
    let words = mistake.arguments.map { $0.isEmpty || $0.contains(" ") ? "'\($0)'" : $0 }
    return (["nightjar"] + words).joined(separator: " ")
      .replacing(Mistake.usual.joined(separator: " "), with: "…")
      .replacing(Mistake.usualButKey.joined(separator: " "), with: "…")
  }

  private static func steady(_ text: String, in scene: MistakeScene) -> String {
    text.replacing(scene.folder.path, with: "/home/you")
      .replacing(scene.url, with: "http://127.0.0.1:8080")
      .replacing(/\d{4}-\d\d-\d\dT[\d:.]+Z/, with: "2027-01-31T12:00:00Z")
      .replacing(/(?m)^\d\d:\d\d:\d\d\b/, with: "12:00:00")
      .replacing(/in [\d.]+ s\b/, with: "in 1 s")
      .replacing(/process \d+/, with: "process 4711")
      .replacing(/\d+ retries/, with: "0 retries")
  }
}
