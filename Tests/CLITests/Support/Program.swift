import Foundation
import Glibc
import Testing

/// A `nightjar`, or another program, that was started in a scratch folder, its output going to files there.
final class Program {
  /// What a program left behind.
  struct Ending {
    /// The exit status; the negated number of the signal that ended it.
    let status: Int32
    let output: String
    let errors: String

    /// The report of `--json`.
    func report() throws -> Report {
      try JSONDecoder().decode(Report.self, from: Data(output.utf8))
    }
  }

  /// The binary beside the tests, or another one that `NIGHTJAR` names.
  static let path: String = {
    if let named = ProcessInfo.processInfo.environment["NIGHTJAR"] { return named }
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: tests).deletingLastPathComponent().path + "/nightjar"
  }()

  /// What a sanitizer that the tests run under needs in their children.
  private static let sanitizing = ProcessInfo.processInfo.environment.filter {
    ["ASAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD"].contains($0.key)
  }

  private let process = Process()
  private let ended = DispatchSemaphore(value: 0)
  private let folder: Scratch
  private let outputName: String
  private let errorsName: String

  var pid: pid_t { process.processIdentifier }
  /// What it has written to standard output and standard error so far.
  var output: String { folder.read(outputName) }
  var errors: String { folder.read(errorsName) }

  init(
    _ arguments: [String],
    in folder: Scratch,
    executable: String = Program.path,
    environment: [String: String] = [:],
    input: String? = nil,
    pipe: Pipe? = nil,
    memory: String = Program.usualMemory
  ) throws {
    self.folder = folder
    let name = "program-\(UUID().uuidString.prefix(8))"
    outputName = name + ".stdout"
    errorsName = name + ".stderr"
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", Self.start(executable, memory), executable] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.environment = ["HOME": folder.path, "PATH": "/usr/bin:/bin", "REHEARSAL": "made-up"]
      .merging(Self.sanitizing) { $1 }.merging(environment) { $1 }
    process.standardInput = try pipe ?? Self.inputFile(input, name, folder)
    process.standardOutput = try Self.newFile(folder.path(of: outputName))
    process.standardError = try Self.newFile(folder.path(of: errorsName))
    process.terminationHandler = { [ended] _ in ended.signal() }
    try hearingSignals { try process.run() }
    // What was piped in may be a key, which no file here should hold.
    try? FileManager.default.removeItem(atPath: folder.path(of: name + ".stdin"))
  }

  deinit {
    if process.isRunning { kill(pid, SIGKILL) }
  }

  func send(signal number: Int32) { kill(pid, number) }

  /// True when it ends within so many seconds.
  func hasEnded(within seconds: Double) -> Bool {
    guard ended.wait(timeout: .now() + seconds) == .success else { return false }
    ended.signal()
    return true
  }

  /// Waits for its end; one that takes longer than so many seconds is killed.
  func ending(within seconds: Double = 240) -> Ending {
    if !hasEnded(within: seconds) {
      kill(pid, SIGKILL)
      ended.wait()
      ended.signal()
    }
    let status = process.terminationStatus
    return Ending(
      status: process.terminationReason == .exit ? status : -status,
      output: output,
      errors: errors
    )
  }

  /// What a `nightjar` of the tests may have, whatever a peer or an input does to it: 400 MB, or what
  /// `NIGHTJAR_TEST_MEMORY` says, in KiB or `unlimited`.
  static let usualMemory = ProcessInfo.processInfo.environment["NIGHTJAR_TEST_MEMORY"] ?? "400000"

  /// How a shell starts a program.
  private static func start(_ executable: String, _ memory: String) -> String {
    (executable == path ? "ulimit -v \(memory) && " : "") + #"exec "$0" "$@""#
  }

  private static func newFile(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  private static func inputFile(
    _ text: String?,
    _ name: String,
    _ folder: Scratch
  ) throws -> FileHandle {
    guard let text else { return .nullDevice }
    try folder.write(name + ".stdin", text)
    return try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.path(of: name + ".stdin")))
  }

  /// A child inherits the signals that its parent's thread blocks, and the threads of tasks block
  /// them all.
  private func hearingSignals(_ start: () throws -> Void) throws {
    var none = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&none)
    unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    try start()
  }
}

extension Scratch {
  /// Runs `nightjar` to its end.
  func nightjar(
    _ arguments: [String],
    environment: [String: String] = [:],
    input: String? = nil
  ) throws -> Program.Ending {
    try Program(arguments, in: self, environment: environment, input: input).ending()
  }
}
