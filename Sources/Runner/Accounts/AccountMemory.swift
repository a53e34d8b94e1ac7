/// What is known of an account's limits, for a later run; times are milliseconds since 1970.
package struct AccountMemory: Codable, Sendable, Equatable {
  /// What is known of one model's.
  package struct Model: Codable, Sendable, Equatable {
    package var name: String
    /// Nothing leaves before: the provider's own word.
    package var heldUntil: Int?
    /// Whether that is so long that one request asks at once whether it is over; nil for no.
    package var isTrial: Bool?
    package var limits: [LimitMemory]
    package var concurrency: ConcurrencyMemory
  }

  /// A parking whose end the provider named.
  package struct Parked: Codable, Sendable, Equatable {
    package var reason: String
    package var message: String
    package var until: Int
  }

  package var savedAt: Int
  /// Nothing leaves before, for whatever model.
  package var heldUntil: Int?
  package var parking: Parked?
  package var models: [Model]

  /// What was found out holds for so long, in milliseconds; what the provider named a time for, until
  /// then.
  private static let lasting: Int = 3_600_000

  func isFresh(at unixMilliseconds: Int) -> Bool {
    let (age, isTooLarge) = unixMilliseconds.subtractingReportingOverflow(savedAt)
    return !isTooLarge && (-Self.lasting...Self.lasting).contains(age)
  }

  /// Some thirty thousand years, in milliseconds: no time lies further ahead, so that it can be added
  /// to others.
  fileprivate static let longest = 1_000_000_000_000_000
}

extension AccountState {
  /// What a later run should know.
  package func memory(
    at now: ContinuousClock.Instant,
    unixMilliseconds: Int
  ) -> AccountMemory {
    func moment(_ time: ContinuousClock.Instant?) -> Int? {
      time.flatMap { $0 > now ? unixMilliseconds + ($0 - now).milliseconds : nil }
    }
    let parked = parking.flatMap { parking -> AccountMemory.Parked? in
      guard parking.isTold, let until = moment(parking.retryAt) else { return nil }
      return .init(reason: parking.reason.rawValue, message: parking.message, until: until)
    }
    return AccountMemory(
      savedAt: unixMilliseconds,
      heldUntil: moment(allHeldUntil),
      parking: parked,
      models: models.sorted { $0.key < $1.key }.map { name, index in
        AccountMemory.Model(
          name: name,
          heldUntil: moment(pacers[index].held?.until),
          isTrial: pacers[index].isTrial ? true : nil,
          limits: pacers[index].limitMemories,
          concurrency: pacers[index].concurrency.memory
        )
      }
    )
  }

  /// Takes up what an earlier run knew: waits and parkings until the times that were named, and what
  /// was found out of limits if that is no older than an hour.
  ///
  /// Where more than an hour is left of a wait or a parking, one request asks at once whether it is
  /// over.
  package mutating func remember(
    _ memory: AccountMemory,
    at now: ContinuousClock.Instant,
    unixMilliseconds: Int
  ) {
    func time(_ moment: Int?) -> ContinuousClock.Instant? {
      guard let moment, moment > unixMilliseconds else { return nil }
      return now + .milliseconds(min(moment - unixMilliseconds, AccountMemory.longest))
    }
    let all = time(memory.heldUntil)
    if let all, all - now <= AskedWait.untilProbe { allHeldUntil = all }
    if let parked = memory.parking, let until = time(parked.until),
      let reason = ParkReason(rawValue: parked.reason)
    {
      let left = until - now
      _ = park(
        reason,
        parked.message,
        for: left > AskedWait.untilProbe ? .zero : left,
        at: now
      )
    }
    for model in memory.models {
      let index = pacer(for: model.name, at: now)
      if let until = [all, time(model.heldUntil)].compactMap(\.self).max() {
        pacers[index].remember(heldUntil: until, isTrial: model.isTrial ?? false, at: now)
      }
      guard memory.isFresh(at: unixMilliseconds) else { continue }
      pacers[index].remember(model.limits, at: now)
      pacers[index].concurrency.remember(model.concurrency)
    }
  }
}
