import KeySources
import Testing

struct CommandPatienceTests {
  private let start = ContinuousClock.now

  private func patience() -> CommandPatience {
    CommandPatience(deadline: .seconds(30), grace: .seconds(2), startedAt: start)
  }

  @Test func `a command is told to end, then made to, then left alone`() {
    var patience = patience()
    let steps: [(Int, CommandPatience.Action)] = [
      (0, .wait), (29, .wait), (30, .terminate), (31, .wait), (32, .kill), (33, .wait),
      (34, .abandon),
    ]
    for (second, action) in steps {
      #expect(patience.action(unwanted: false, at: start + .seconds(second)) == action)
    }
  }

  @Test func `what nobody wants any more is told so at once, and once`() {
    var patience = patience()
    #expect(patience.action(unwanted: true, at: start + .seconds(1)) == .terminate)
    #expect(patience.next == start + .seconds(3))
    #expect(patience.action(unwanted: true, at: start + .seconds(2)) == .wait)
    #expect(patience.action(unwanted: true, at: start + .seconds(3)) == .kill)
  }
}
