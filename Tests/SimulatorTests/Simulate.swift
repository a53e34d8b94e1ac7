import Simulator

/// Runs a simulator on a free port for the time of `body`.
func simulate<Result>(
  _ change: (inout SimulatorConfiguration) throws -> Void = { _ in },
  _ body: (Int) async throws -> Result
) async throws -> Result {
  var configuration = SimulatorConfiguration()
  try change(&configuration)
  let server = try SimulatorServer(configuration)
  let (ports, port) = AsyncStream.makeStream(of: Int.self)
  let running = Task { try await server.run { port.yield($0) } }
  defer { running.cancel() }
  for await port in ports { return try await body(port) }
  throw CancellationError()
}
