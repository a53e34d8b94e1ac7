import Runner
import Testing

/// Servers of the kinds that people meet beside the large providers.
@Suite struct `On a troubled server our pacer` {
  @Test(arguments: TroubledCell.all.indices, Seeds.some(2))
  func `reaches nine tenths of what is allowed, with few refusals`(index: Int, seed: UInt64) {
    let cell = TroubledCell.all[index]
    let result = cell.run(seconds: 25, seed: seed)
    #expect(result.used >= 0.9, "\(cell.name): \(result.used)")
    #expect(result.refusals <= cell.refusals, "\(cell.name): \(result.refusals)")
  }

  @Test(arguments: TroubledCell.overloads.indices)
  func `slows no more than the share that is overloaded`(index: Int) {
    let cell = TroubledCell.overloads[index]
    let result = cell.run(seconds: 20, seed: 1)
    guard cell.allows > 0 else {
      // Everything is refused: a probe now and then, and none before the time that was told.
      return #expect(result.requests <= 10)
    }
    #expect(result.used >= 0.9, "\(cell.name): \(result.used)")
    #expect(result.refusals <= cell.refusals, "\(cell.name): \(result.refusals)")
  }
}
