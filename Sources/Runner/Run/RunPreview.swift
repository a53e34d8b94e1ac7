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
    let bytes = try await firstLines(count)
    for job in await preparer.lines(in: bytes).prefix(count) {
      do throws(UnusableJob) {
        lines.append(line(for: try await preparer.prepare(job, in: bytes)))
      } catch {
        let failed = await preparer.failedLine(of: job, in: bytes, error.refusal)
        lines.append(String(decoding: failed, as: UTF8.self))
      }
    }
    return lines
  }

  /// The beginning of the input, with at least `count` lines where it has as many.
  private func firstLines(_ count: Int) async throws -> [UInt8] {
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
    return bytes
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
