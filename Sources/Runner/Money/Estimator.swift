import JSON
import Jobs

/// Reads an input as a run would, sends nothing, and adds up what its jobs will take.
package struct Estimator: Sendable {
  /// What of an input is read; the rest is taken to be like it.
  package static let (mostBytes, mostJobs) = (64 << 20, 100_000)

  private let input: RunInput
  private let preparer: JobPreparer
  private let prices: Prices
  private let countsCacheInInput: Bool
  private let limit: Int?
  private let mostJobs: Int

  /// - Parameters:
  ///   - limit: how many jobs are run at most; nil for all.
  ///   - mostJobs: how many are read at most.
  package init(
    _ input: RunInput,
    preparer: JobPreparer,
    provider: any Provider,
    prices: Prices,
    limit: Int?,
    mostJobs: Int = Estimator.mostJobs
  ) {
    self.mostJobs = mostJobs
    self.input = input
    self.preparer = preparer
    self.prices = prices
    self.limit = limit
    countsCacheInInput = provider.countsCacheInInput
  }

  /// Adds up the jobs of a file or folder; of a pipe there are none, since reading it uses it up.
  ///
  /// - Throws: ``StoreError`` when the input cannot be read.
  package func estimate(_ expectation: Estimate.Expectation) async throws -> Estimate {
    var estimate = Estimate(expectation)
    switch input.source {
    case .pipe, .queue: break
    case .file(let file):
      let size = try file.identity().size - (input.table?.start ?? 0)
      let read = try await read(&estimate) { $0.length }
      estimate.extrapolate(from: Double(read.part) / Double(max(1, size)), limit: limit)
    case .folder:
      let read = try await read(&estimate) { _ in 1 }
      estimate.extrapolate(from: Double(read.part) / Double(max(1, read.all)), limit: limit)
    }
    return estimate
  }

  /// Adds lines until there are enough.
  ///
  /// - Returns: how much was looked at, and how much there is as far as it was read.
  private func read(
    _ estimate: inout Estimate,
    _ weight: (LineSplitter.Line) -> Int
  ) async throws -> (part: Int, all: Int) {
    var read = (part: 0, all: 0)
    for try await lines in input.lines() {
      for line in lines {
        read.all += weight(line)
        guard estimate.jobs < most, read.part < Self.mostBytes else { continue }
        read.part += weight(line)
        await add(line, to: &estimate)
      }
      if case .file = input.source, read.part < read.all { break }
    }
    return read
  }

  /// How many jobs are looked at.
  private var most: Int { min(mostJobs, limit ?? .max) }

  private func add(_ line: LineSplitter.Line, to estimate: inout Estimate) async {
    guard line.isOversized || !line.bytes.isBlankLine else { return }
    for job in await preparer.jobs(in: [line]) {
      do throws(UnusableJob) {
        let prepared = try await preparer.prepare(job, line.bytes.content)
        let price = prices[prepared.shape.model]
        estimate.add(prepared, price: price, countsCacheInInput: countsCacheInInput)
      } catch {
        estimate.addUnusable(error.refusal.message)
      }
    }
  }
}
