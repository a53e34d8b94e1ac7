import Runner
import Testing

@Suite struct `An alarm clock` {
  private let clock = TestClock()

  @Test func `wakes sleepers at their time and nobody earlier`() async {
    let alarm = AlarmClock(clock: clock)
    let woken = await withTaskGroup(of: Int.self) { [clock] group in
      for second in [3, 1, 2, 1, 4] {
        group.addTask {
          #expect(await alarm.sleep(until: clock.start + .seconds(second)) == .elapsed)
          #expect(clock.elapsed >= .seconds(second))
          return second
        }
      }
      await clock.walk(to: clock.start + .seconds(4))
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(woken.sorted() == [1, 1, 2, 3, 4])
  }

  @Test func `heeds a sleeper who comes later and must rise earlier`() async {
    let alarm = AlarmClock(clock: clock)
    async let late = alarm.sleep(until: clock.start + .seconds(100))
    #expect(await clock.nextDeadline() == clock.start + .seconds(100))
    async let early = alarm.sleep(until: clock.start + .seconds(1))
    while await clock.nextDeadline() != clock.start + .seconds(1) { await Task.yield() }
    clock.advance(by: .seconds(1))
    #expect(await early == .elapsed)
    #expect(await clock.nextDeadline() == clock.start + .seconds(100))
    clock.advance(by: .seconds(99))
    #expect(await late == .elapsed)
  }

  @Test func `lets a sleeper whose time has passed rise at once`() async {
    let alarm = AlarmClock(clock: clock)
    #expect(await alarm.sleep(until: clock.start - .seconds(1)) == .elapsed)
    #expect(await alarm.sleep(until: clock.start) == .elapsed)
  }

  @Test func `wakes everyone when it stops and lets nobody sleep after`() async {
    let alarm = AlarmClock(clock: clock)
    async let one = alarm.sleep(until: clock.start + .seconds(1))
    async let other = alarm.sleep(until: clock.start + .seconds(2))
    _ = await clock.nextDeadline()
    alarm.stop()
    #expect(await one == .stopped)
    #expect(await other == .stopped)
    #expect(await alarm.sleep(until: clock.start) == .stopped)
    #expect(clock.elapsed == .zero)
  }
}
