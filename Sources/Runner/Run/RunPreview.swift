import JSON
import Jobs

/// The first requests of a run as they would be sent.
package struct RunPreview: Sendable {
  private let input: RunInput
  private let preparer: JobPreparer
  private let provider: any Provider
  private let endpoint: Endpoint
  private let key: String

  /// - Parameter key: the reference of the key, shown where the key would be.
  package init(
    input: RunInput,
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

  /// A line of JSON for each of the first `count` jobs, and how many of them cannot be sent; their
  /// lines say why.
  package func lines(_ count: Int) async throws -> (lines: [String], unusable: Int) {
    var lines: [String] = []
    var unusable = 0
    let found = try await firstLines(count)
    for (job, text) in zip(await preparer.jobs(in: found), found.map(\.bytes.content)) {
      do throws(UnusableJob) {
        lines.append(line(for: try await preparer.prepare(job, text)))
      } catch {
        let failed = await preparer.failedLine(of: job, text, error.refusal)
        lines.append(String(decoding: failed.bytes, as: UTF8.self))
        unusable += 1
      }
    }
    return (lines, unusable)
  }

  private func firstLines(_ count: Int) async throws -> [LineSplitter.Line] {
    var found: [LineSplitter.Line] = []
    for try await lines in input.lines() {
      found += lines.lazy.filter { !$0.bytes.isBlankLine }.prefix(count - found.count)
      if found.count >= count { break }
    }
    return found
  }

  private func line(for prepared: PreparedJob) -> String {
    var line: [UInt8] = []
    line.appendRaw("{\"custom_id\":")
    line.appendJSON(prepared.id)
    line.appendRaw(",\"method\":\"POST\",\"url\":")
    line.appendJSON(endpoint.url(for: prepared.request.path))
    line.appendRaw(",\"headers\":{")
    for header in provider.headers(with: prepared.request.header) {
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
