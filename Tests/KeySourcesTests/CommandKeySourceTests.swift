import Glibc
import KeySources
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CommandKeySourceTests {
  @Test(arguments: ["printf sk-value", "echo sk-value", #"printf 'sk-value\r\n'"#])
  func `gives what the command prints, without its line end`(command: String) async throws {
    let key = try await CommandKeySource(command: command).newest()
    #expect(value(of: key) == "sk-value")
  }

  @Test func `gives a field of the JSON that the command prints`() async throws {
    let command = #"echo '{"login":{"password":"sk-value"},"id":7}'"#
    let key = try await CommandKeySource(command: command, field: "login.password").newest()
    #expect(value(of: key) == "sk-value")
  }

  @Test func `the command sees settings and named variables, and no other`() async throws {
    unsafe setenv("NIGHTJAR_TEST_CANARY", "canary-of-the-parent", 1)
    unsafe setenv("NIGHTJAR_TEST_NAMED", "named", 1)
    unsafe setenv("NIGHTJAR_EXEC_ENV", "NIGHTJAR_TEST_ABSENT, NIGHTJAR_TEST_NAMED", 1)
    defer { unsafe unsetenv("NIGHTJAR_EXEC_ENV") }
    let command = """
      tr '\\0' '\\n' </proc/$$/environ | grep -q canary && exit 3
      test -n "$PATH" && echo "sk-$NIGHTJAR_TEST_NAMED"
      """
    let key = try await CommandKeySource(command: command).newest()
    #expect(value(of: key) == "sk-named")
  }

  @Test func `the command gets no input, no open file and no blocked signal`() async throws {
    let file = dup(2)
    defer { close(file) }
    let command = "cat; test -e /proc/$$/fd/\(file) && exit 3; echo sk-value"
    #expect(value(of: try await CommandKeySource(command: command).newest()) == "sk-value")
    let error = try await CommandKeySource(command: "kill -TERM $$; echo sk-value").failure()
    #expect(error.description.contains("signal 15"))
  }

  @Test(arguments: ["", "trap '' TERM;"])
  func `a command that takes too long is ended with all it has started`(
    stubborn: String
  ) async throws {
    let folder = try TemporaryFolder()
    let fifo = try FIFO(in: folder)
    let command = "\(stubborn) exec 9>\(fifo.path); echo >&9; sleep 1000 & sleep 1000 & wait"
    let source = CommandKeySource(
      command: command,
      deadline: .seconds(2),
      grace: .milliseconds(100)
    )
    let error = try await source.failure()
    #expect(error.kind == .unavailable)
    #expect(error.description.contains("did not finish within 2 s"))
    #expect(fifo.waitForEnd())
  }

  @Test func `what a command leaves behind neither holds us up nor lives on`() async throws {
    let folder = try TemporaryFolder()
    let fifo = try FIFO(in: folder)
    let command = "exec 9>\(fifo.path); sleep 1000 & echo sk-value"
    let source = CommandKeySource(command: command, deadline: .seconds(300))
    #expect(value(of: try await source.newest()) == "sk-value")
    #expect(fifo.waitForEnd())
  }

  @Test func `cancelling the task ends the command`() async throws {
    let folder = try TemporaryFolder()
    let fifo = try FIFO(in: folder)
    let command = "exec 9>\(fifo.path); echo >&9; sleep 1000"
    let reading = Task { try await CommandKeySource(command: command).failure() }
    #expect(fifo.waitForWord())
    reading.cancel()
    #expect(try await reading.value.description.contains("cancelled"))
    #expect(fifo.waitForEnd())
  }

  @Test func `shows what a failed command says, without keys`() async throws {
    let command = """
      echo '{"key": "plain-looking-key"}'
      echo 'first line' >&2
      echo 'cannot use plain-looking-key, nor sk-ant-\(String(repeating: "x", count: 20))' >&2
      exit 3
      """
    let error = try await CommandKeySource(command: command).failure()
    #expect(error.kind == .unavailable)
    #expect(error.description.contains("failed with exit status 3"))
    #expect(error.description.contains("first line / cannot use <redacted>, nor <redacted>"))
    #expect(!error.description.contains("plain-looking"))
  }

  @Test func `shows no value that was set for the command alone`() async throws {
    for quote in ["", "'", "\""] {
      let assignment = "TOKEN=\(quote)plain-looking-token\(quote)"
      let error = try await CommandKeySource(
        command: "A=1 \(assignment) sh -c 'echo refused: $TOKEN >&2; exit 1'"
      ).failure()
      #expect(error.description.contains("refused: <redacted>"))
      #expect(!error.description.contains("plain-looking"))
    }
  }

  @Test func `keeps the end of long complaints`() async throws {
    let command = "yes 'too many words' | head -n 20000 >&2; echo 'the last word' >&2; exit 1"
    let error = try await CommandKeySource(command: command).failure()
    #expect(error.description.contains("too many words / the last word;"))
    #expect(error.description.utf8.count < 1000)
  }

  @Test(arguments: [
    ("true", KeySourceError.Kind.unavailable, "printed nothing"),
    ("echo", .unavailable, "printed nothing"),
    ("no-such-program-here", .denied, "not found"),
    ("/etc/passwd", .denied, "permissions"),
    ("kill -9 $$", .unavailable, "signal 9"),
    ("yes", .denied, "printed more than"),
    (#"printf 'sk-a\000b'"#, .denied, "not ASCII"),
    (#"echo '{"key":"sk-value"}'"#, .denied, "#key"),
  ])
  func `refuses anything that is not one key`(
    command: String,
    kind: KeySourceError.Kind,
    words: String
  ) async throws {
    let error = try await CommandKeySource(command: command).failure()
    #expect(error.kind == kind)
    #expect(error.description.contains(words))
    #expect(!error.description.contains("sk-value"))
  }

  @Test func `shows the program and not its arguments`() async throws {
    let source = CommandKeySource(command: "false --token hidden-word")
    #expect(source.reference.description == "exec:false …")
    #expect(!(try await source.failure().description.contains("hidden-word")))
  }
}
