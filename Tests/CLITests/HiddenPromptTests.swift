import Foundation
import TestSupport
import Testing

/// A prompt that shows nothing of what is typed, on a terminal that ends before its line does.
struct HiddenPromptTests {
  /// Asks in a terminal of its own, and tells whether its echo is on afterwards, and what was stored.
  private static let script = """
    import fcntl, os, pty, signal, subprocess, sys, termios
    nightjar, how = sys.argv[1:]
    signal.alarm(60)
    terminal, child = pty.openpty()
    def begin():
        fcntl.ioctl(child, termios.TIOCSCTTY, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        for number in (1, 2, 3, 15): signal.signal(number, signal.SIG_DFL)
        if how == "closed": signal.signal(signal.SIGHUP, signal.SIG_IGN)
    process = subprocess.Popen([nightjar, "keys", "add", "x"], stdin=child, stdout=child,
                               stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=begin)
    shown = b""
    while not shown.endswith(b": "): shown += os.read(terminal, 4096)
    if how == "long":
        for _ in range(66): os.write(terminal, b"a" * 1000)
    elif how == "closed":
        os.write(terminal, b"sk-only-a-part"); os.close(child); os.close(terminal)
    else:
        process.send_signal(getattr(signal, how))
    print(process.wait())
    if how != "closed": print(bool(termios.tcgetattr(child)[3] & termios.ECHO))
    """

  private func ask(_ how: String) throws -> [String] {
    let folder = try Scratch()
    #expect(try folder.nightjar(["keys", "init"]).status == 0)
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: try #require(Tool.find("python3")))
    process.arguments = ["-c", Self.script, Program.path, how]
    process.environment = ["HOME": folder.path, "PATH": "/usr/bin:/bin"]
    process.standardOutput = output
    try process.run()
    let said = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let keys = try folder.nightjar(["keys", "list", "--json"]).output
    #expect(!keys.contains(#""id" : "x""#), "\(keys)")
    return String(decoding: said, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test(arguments: [("SIGTERM", "-15"), ("SIGHUP", "-1"), ("SIGQUIT", "-3"), ("SIGINT", "-2")])
  func `a signal puts the terminal back and ends the program`(
    _ signal: String,
    _ status: String
  ) throws {
    #expect(try ask(signal) == [status, "True"])
  }

  @Test func `a line that is too long, or whose terminal was closed, is not stored`() throws {
    #expect(try ask("long") == ["77", "True"])
    #expect(try ask("closed") == ["77"])
  }
}
