package import Jobs

/// Reads an input from front to back for a queue, without ever holding more than a part of it.
package struct QueueReader {
  private static let chunk = 1 << 20

  private let input: RunPlan.Input
  private let enqueue: ([QueuedLine]) async throws -> Void

  /// - Parameter enqueue: adds lines to the queue.
  package init(_ input: RunPlan.Input, enqueue: @escaping ([QueuedLine]) async throws -> Void) {
    self.input = input
    self.enqueue = enqueue
  }

  /// Reads the whole input.
  ///
  /// - Returns: how many lines or documents of it can never be jobs.
  /// - Throws: ``StoreError``, or what `enqueue` throws.
  package func run() async throws -> Int {
    var intake = QueueIntake(name: input.name)
    switch input.source {
    case .file(let file): try await read(file, &intake)
    case .pipe(let pipe): try await read(pipe: pipe, &intake)
    case .folder(let folder): try await read(folder, &intake)
    case .queue: break
    }
    return intake.bad
  }

  private func read(_ file: InputFile, _ intake: inout QueueIntake) async throws {
    var splitter = LineSplitter(longest: JobReader.longestLine)
    var position = 0
    while true {
      let bytes = try await file.read(at: position, count: Self.chunk)
      position += bytes.count
      try await take(bytes, by: &splitter, &intake)
      if bytes.count < Self.chunk { break }
    }
    try await finish(&splitter, &intake)
  }

  /// What a pipe has said is queued before more is waited for.
  private func read(pipe: InputFile, _ intake: inout QueueIntake) async throws {
    var splitter = LineSplitter(longest: JobReader.longestLine)
    while true {
      let bytes = try await pipe.readNext(count: Self.chunk)
      if bytes.isEmpty { break }
      try await take(bytes, by: &splitter, &intake)
      try await handOver(&intake)
    }
    try await finish(&splitter, &intake)
  }

  private func take(
    _ bytes: [UInt8],
    by splitter: inout LineSplitter,
    _ intake: inout QueueIntake
  ) async throws {
    var lines: [LineSplitter.Line] = []
    splitter.take(bytes) { lines.append($0) }
    for line in lines {
      intake.take(line)
      if intake.isFull { try await handOver(&intake) }
    }
  }

  private func finish(
    _ splitter: inout LineSplitter,
    _ intake: inout QueueIntake
  ) async throws {
    if let last = splitter.finish() { intake.take(last) }
    try await handOver(&intake)
  }

  private func read(_ folder: DocumentFolder, _ intake: inout QueueIntake) async throws {
    var number = 0
    try await folder.forEach { path, _ in
      number += 1
      let text: Result<[UInt8], DocumentError>
      do throws(DocumentError) {
        text = .success(try await folder.text(of: path))
      } catch {
        text = .failure(error)
      }
      intake.take(document: path, number: number, text: text)
      if intake.isFull { try await handOver(&intake) }
    }
    try await handOver(&intake)
  }

  private func handOver(_ intake: inout QueueIntake) async throws {
    let lines = intake.takeReady()
    if !lines.isEmpty { try await enqueue(lines) }
  }
}
