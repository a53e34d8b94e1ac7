/// What was let in during the last half second, in slots of 20 ms.
struct SendHistory: Sendable {
  private static let slot = 0.02
  private static let count = 32
  /// How far back it reaches, seconds.
  static let span = Double(count - 2) * slot

  private var amounts = [Metered<Double>](repeating: Metered(repeating: 0), count: count)
  private var newest = 0

  mutating func add(_ amount: Metered<Double>, at time: Double) {
    roll(to: time)
    let index = newest % Self.count
    for meter in Meter.allCases { amounts[index][meter] += amount[meter] }
  }

  /// What was let in after `start`, which counts as a whole slot.
  mutating func sum(of meter: Meter, since start: Double, at time: Double) -> Double {
    roll(to: time)
    let slots = min(Self.count - 1, Int(max(0, time - start) / Self.slot) + 1)
    return (0..<slots).reduce(0) { sum, age in
      newest >= age ? sum + amounts[(newest - age) % Self.count][meter] : sum
    }
  }

  private mutating func roll(to time: Double) {
    let slot = Int(time / Self.slot)
    guard slot > newest else { return }
    for passed in max(newest + 1, slot - Self.count + 1)...slot {
      amounts[passed % Self.count] = Metered(repeating: 0)
    }
    newest = slot
  }
}
