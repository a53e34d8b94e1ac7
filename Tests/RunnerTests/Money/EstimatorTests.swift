import Jobs
import Runner
import Testing

@Suite struct `An estimate of a large input` {
  private let most = 1_000

  private func estimate(_ jobs: Int, limit: Int? = nil) async throws -> Estimate {
    let batch = try TestBatch(0..<jobs)
    let plan = try await batch.plan()
    return try await Estimator(
      plan.input,
      preparer: plan.preparer,
      provider: plan.provider,
      prices: batch.prices,
      limit: limit,
      mostJobs: most
    ).estimate(Estimate.Expectation(nil))
  }

  @Test func `takes the rest to be like the part that was read`() async throws {
    let whole = try await estimate(most)
    #expect(whole.jobs == most && whole.shareRead == 1)
    let large = try await estimate(most * 3 / 2)
    #expect(abs(large.jobs - most * 3 / 2) < most / 20)
    #expect(large.shareRead > 0.6 && large.shareRead < 0.7)
    #expect(large.cost ?? .zero > whole.cost ?? .zero)
    #expect(try await estimate(most * 3 / 2, limit: 10).jobs == 10)
  }

  @Test func `leaves out what is finished`() async throws {
    var estimate = try await estimate(1_000)
    let cost = try #require(estimate.cost)
    estimate.leaveOut(finished: 750)
    #expect(estimate.left.jobs == 250)
    #expect(abs((estimate.cost ?? .zero).nanos - cost.nanos / 4) <= 1)
    estimate.leaveOut(finished: 750)
    #expect(estimate.left.jobs == 0 && estimate.cost == .zero)
  }
}
