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

  /// A body with no more of its files than shows that they are there.
  private static func shortened(_ body: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = body
    while !rest.isEmpty {
      let run = rest.prefix { $0.isBase64 }
      result += run.prefix(run.count < 1_024 ? run.count : 24)
      if run.count >= 1_024 { result.appendRaw("… (\(run.count) characters of Base64)") }
      rest = rest[run.endIndex...]
      let other = rest.prefix { !$0.isBase64 }
      result += other
      rest = rest[other.endIndex...]
    }
    return result
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
    let body = prepared.request.body
    line += prepared.shape.attached == nil ? Array(body) : Self.shortened(body)
    line.appendRaw("}")
    return String(decoding: line, as: UTF8.self)
  }
}

extension UInt8 {
  fileprivate var isBase64: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: self == UInt8(ascii: "+") || self == UInt8(ascii: "/") || self == UInt8(ascii: "=")
    }
  }
}
