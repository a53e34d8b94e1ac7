import Foundation

/// One HTTP call made by the `curl` program, which knows nothing of this simulator.
struct Curl {
  /// curl's own verdict: 0 good, 18 partial file, 28 timed out, 56 connection reset.
  let exitCode: Int32
  let status: Int?
  let headers: [String: String]
  let body: String

  init(_ arguments: [String]) async throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["curl", "-s", "-i", "--max-time", "20"] + arguments
    process.standardOutput = output
    let exitCode = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    self.exitCode = exitCode
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let parts = text.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
    let lines = parts.first?.split(separator: "\r\n") ?? []
    status = lines.first.flatMap { Int($0.split(separator: " ")[1]) }
    let fields = lines.dropFirst().compactMap { line -> (String, String)? in
      let field = line.split(separator: ":", maxSplits: 1)
      guard field.count == 2 else { return nil }
      return (field[0].lowercased(), field[1].trimmingCharacters(in: .whitespaces))
    }
    headers = Dictionary(fields) { first, _ in first }
    body = parts.count > 1 ? parts[1] : ""
  }

  /// Posts a prompt to one of the simulator's endpoints.
  init(
    _ api: API,
    port: Int,
    prompt: String = "Hello",
    maxTime: Double = 20
  ) async throws {
    let headers = api.headers(key: rehearsalKey).flatMap { ["-H", "\($0.key): \($0.value)"] }
    try await self.init(
      ["--max-time", "\(maxTime)", "-d", api.body(prompt)] + headers
        + ["http://127.0.0.1:\(port)\(api.rawValue)"]
    )
  }

  var announcedLength: Int? { headers["content-length"].flatMap(Int.init) }

  var isJSON: Bool {
    (try? JSONSerialization.jsonObject(with: Data(body.utf8))) != nil
  }
}
