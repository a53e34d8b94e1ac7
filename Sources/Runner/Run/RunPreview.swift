import Jobs

/// The first requests of a run as they would be sent.
package struct RunPreview: Sendable {
  private let input: RunPlan.Input
  private let preparer: JobPreparer
  private let provider: any Provider
  private let endpoint: Endpoint
  private let key: String

  /// - Parameter key: the reference of the key, shown where the key would be.
  package init(
    input: RunPlan.Input,
    preparer: JobPreparer,
    provider: any Provider,
    endpoint: Endpoint,
    key: String
  ) {
    self.input = input
    self.preparer = preparer
    self.provider = provider
    self.endpoint = endpoint
    self.key = key
  }

  /// A line of JSON for each of the first `count` jobs.
  package func lines(_ count: Int) async throws -> [String] {
    var lines: [String] = []
    for job in try await jobs(count) {
      do throws(UnusableJob) {
        lines.append(line(for: try await preparer.prepare(job)))
      } catch {
        let failed = InputLine.failedLine(
          error.line,
          number: job.lineNumber,
          refusal: error.refusal
        )
        lines.append(String(decoding: failed, as: UTF8.self))
      }
    }
    return lines
  }

  private func jobs(_ count: Int) async throws -> [Job] {
    var bytes: [UInt8] = []
    switch input.source {
    case .file(let file): bytes = try await file.read(at: 0, count: JobReader.longestLine)
    case .pipe(let pipe): bytes = try await pipe.readNext(count: 1 << 20)
    case .folder(let folder):
      var listed = 0
      try await folder.forEach { path, _ in
        guard listed < count else { return }
        listed += 1
        bytes.appendJSON(path)
        bytes.append(UInt8(ascii: "\n"))
      }
    case .queue: break
    }
    let segment = ClaimedSegment.preview(of: bytes)
    return segment.jobs(in: bytes).prefix(count).map(\.job)
  }

  private func line(for prepared: PreparedJob) -> String {
    var line: [UInt8] = []
    line.appendRaw("{\"custom_id\":")
    line.appendJSON(prepared.id)
    line.appendRaw(",\"method\":\"POST\",\"url\":")
    line.appendJSON(endpoint.url(for: prepared.request.path))
    line.appendRaw(",\"headers\":{")
    for header in provider.headers {
      line.appendJSON(header.name)
      line.appendRaw(":")
      line.appendJSON(header.value)
      line.appendRaw(",")
    }
    line.appendJSON(provider.credentialHeader.name)
    line.appendRaw(":")
    line.appendJSON(provider.credentialHeader.prefix + "<\(key)>")
    line.appendRaw("},\"body\":")
    line += prepared.request.body
    line.appendRaw("}")
    return String(decoding: line, as: UTF8.self)
  }
}

extension ClaimedSegment {
  /// Lines that are only looked at.
  static func preview(of bytes: [UInt8]) -> ClaimedSegment {
    ClaimedSegment(
      lease: SegmentLease(segment: 0, epoch: 0),
      firstJob: 0,
      jobCount: .max,
      firstLine: 1,
      source: .inline(bytes),
      finished: [],
      retryable: [:]
    )
  }
}
