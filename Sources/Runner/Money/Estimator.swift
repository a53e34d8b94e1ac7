import Jobs

/// Reads an input as a run would, sends nothing, and adds up what its jobs will take.
package struct Estimator: Sendable {
  /// What of an input is read; the rest is taken to be like it.
  package static let (mostBytes, mostJobs) = (64 << 20, 100_000)
  private static let chunk = 1 << 20

  private let input: RunPlan.Input
  private let preparer: JobPreparer
  private let prices: Prices
  private let countsCacheInInput: Bool
  private let limit: Int?
  private let mostJobs: Int

  /// - Parameters:
  ///   - limit: how many jobs are run at most; nil for all.
  ///   - mostJobs: how many are read at most.
  package init(
    _ input: RunPlan.Input,
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
    case .file(let file): try await add(file, to: &estimate)
    case .folder(let folder): try await add(folder, to: &estimate)
    case .pipe, .queue: break
    }
    return estimate
  }

  private func add(_ file: InputFile, to estimate: inout Estimate) async throws {
    let size = try file.identity().size
    var (position, used) = (0, 0)
    var rest: [UInt8] = []
    while used < Self.mostBytes, estimate.jobs < most {
      let bytes = try await file.read(at: position, count: Self.chunk)
      position += bytes.count
      rest += bytes
      let isLast = bytes.count < Self.chunk
      let end = isLast ? rest.count : rest.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      used += try await add(Array(rest[..<end]), to: &estimate)
      rest.removeFirst(end)
      if isLast { break }
    }
    estimate.extrapolate(from: Double(used) / Double(max(1, size)), limit: limit)
  }

  private func add(_ folder: DocumentFolder, to estimate: inout Estimate) async throws {
    var listed = 0
    try await folder.forEach { path, _ in
      listed += 1
      guard estimate.jobs < most else { return }
      var line: [UInt8] = []
      line.appendJSON(path)
      _ = try await add(line, to: &estimate)
    }
    estimate.extrapolate(from: Double(estimate.jobs) / Double(max(1, listed)), limit: limit)
  }

  /// How many jobs are looked at.
  private var most: Int { min(mostJobs, limit ?? .max) }

  /// Adds whole lines until there are enough; returns the bytes that were looked at.
  private func add(_ lines: [UInt8], to estimate: inout Estimate) async throws -> Int {
    for job in await preparer.lines(in: lines) {
      guard estimate.jobs < most else { return job.range.lowerBound }
      do throws(UnusableJob) {
        let prepared = try await preparer.prepare(job, in: lines)
        let price = prices[prepared.shape.model]
        estimate.add(prepared, price: price, countsCacheInInput: countsCacheInInput)
      } catch {
        estimate.addUnusable()
      }
    }
    return lines.count
  }
}
