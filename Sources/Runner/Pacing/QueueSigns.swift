/// Tells a server that lets requests wait from one that works on them: where they wait, the time of
/// an answer grows as the number under way, and more at a time bring nothing.
///
/// A straight line through times and levels (least squares, older answers fading) shows it, if it
/// explains nearly all of what times differ by. Times that vary by themselves, as those of language
/// models do by the length of their answers, leave the line flat or explain nothing.
struct QueueSigns: Sendable {
  /// What an answer counts for once another came.
  private static let memory = 0.98
  private static let enough = 8.0
  /// The share of the variance that the line must explain, and how much longer the longest time on
  /// it must be than the shortest that there was.
  private static let explained = 0.8
  private static let growth = 3.0

  private var count = 0.0
  private var level = 0.0
  private var time = 0.0
  private var squares = (level: 0.0, time: 0.0, both: 0.0)
  private var shortest = Double.infinity
  private var highest = 0.0

  /// Takes an answer: its level and its seconds.
  mutating func note(level newLevel: Double, seconds: Double) {
    count = count * Self.memory + 1
    let (byLevel, byTime) = (newLevel - level, seconds - time)
    level += byLevel / count
    time += byTime / count
    squares.level = squares.level * Self.memory + byLevel * (newLevel - level)
    squares.time = squares.time * Self.memory + byTime * (seconds - time)
    squares.both = squares.both * Self.memory + byLevel * (seconds - time)
    shortest = min(shortest, seconds)
    highest = max(highest, newLevel)
  }

  /// How many at a time keep the server busy; nil where it does not let them wait.
  var knee: Double? {
    guard count >= Self.enough, squares.level > 0, squares.time > 0, squares.both > 0 else {
      return nil
    }
    let slope = squares.both / squares.level
    let explained = squares.both * slope / squares.time
    let longest = time + slope * (highest - level)
    guard explained >= Self.explained, longest >= Self.growth * shortest else { return nil }
    return max(1, shortest / slope)
  }
}
