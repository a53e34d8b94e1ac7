/// One limit as the server keeps it: tokens flow in at a rate, up to what may be saved.
struct ServerBucket {
  /// Tokens in a second, as the limit says.
  private(set) var rate: Double
  /// How many seconds of the rate may be saved.
  let burst: Double
  /// What others of the organisation take of the rate all the time.
  var othersShare = 0.0
  /// What is there; below zero after answers that were longer than what was there.
  private(set) var level: Double
  /// Taken for answers that have not ended, in part to be given back.
  private(set) var reserved = 0.0
  private var updated = 0.0

  init(perMinute: Double, burst: Double) {
    rate = perMinute / 60
    self.burst = burst
    level = perMinute / 60 * burst
  }

  var capacity: Double { rate * burst }

  mutating func advance(to now: Double) {
    level = min(capacity, level + (now - updated) * rate * (1 - othersShare))
    updated = now
  }

  /// Seconds until `amount` is there; a job larger than the bucket needs it full.
  func wait(for amount: Double) -> Double {
    let missing = min(amount, capacity) - level
    return missing <= 1e-6 ? 0 : missing / (rate * (1 - othersShare))
  }

  /// Negative amounts are given back.
  mutating func take(_ amount: Double) {
    level = min(capacity, level - amount)
  }

  mutating func reserve(_ amount: Double) {
    reserved += amount
    take(amount)
  }

  /// Puts what was used in the place of what was reserved.
  mutating func settle(_ amount: Double, used: Double) {
    reserved -= amount
    take(used - amount)
  }

  /// Others take what they find, at most `amount`.
  ///
  /// - Returns: what they found.
  mutating func takeForOthers(_ amount: Double) -> Double {
    let found = min(max(0, level), amount)
    level -= found
    return found
  }

  mutating func change(rate new: Double) {
    rate = new
    level = min(level, capacity)
  }
}
