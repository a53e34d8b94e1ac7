import Foundation
import Glibc
import Testing

/// A folder for one test, in which programs run, and which goes away with the test.
final class Scratch: Sendable {
  let path: String

  /// - Parameter parent: the folder that it is made in, with a slash at its end.
  init(in parent: String = NSTemporaryDirectory()) throws {
    path = parent + "nightjar-cli-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: path,
      withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700]
    )
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func path(of name: String) -> String { path + "/" + name }

  /// Writes a file, making the folders that its name stands in.
  func write(_ name: String, _ text: String) throws {
    try write(name, Data(text.utf8))
  }

  func write(_ name: String, _ bytes: Data) throws {
    let file = URL(fileURLWithPath: path(of: name))
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try bytes.write(to: file)
  }

  func append(_ name: String, _ text: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path(of: name)))
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  /// The whole text of a file; empty where there is none.
  func read(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path(of: name)) ?? Data(), as: UTF8.self)
  }

  /// The whole lines of a file; a torn last one is left out.
  func lines(_ name: String) -> [String] {
    let text = read(name)
    let whole = text.lastIndex(of: "\n").map { text[..<$0] } ?? ""
    return whole.isEmpty ? [] : whole.components(separatedBy: "\n")
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(of: name)) }

  /// The permission bits of a file.
  func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path(of: name))
    return try #require(attributes[.posixPermissions] as? Int)
  }

  /// Every file below the folder, by its name from here.
  var files: [String] {
    let names = FileManager.default.enumerator(atPath: path)
    return (names?.compactMap { $0 as? String } ?? []).filter { name in
      (try? FileManager.default.attributesOfItem(atPath: path(of: name)))?[.type]
        as? FileAttributeType
        == .typeRegular
    }
  }

  /// Waits for something that is seen in this folder's own files, looking again at each change.
  func wait(
    for what: String,
    seconds: Int32 = 60,
    sourceLocation: SourceLocation = #_sourceLocation,
    until isSeen: () -> Bool
  ) throws {
    let changes = inotify_init1(O_CLOEXEC)
    defer { close(changes) }
    unsafe inotify_add_watch(
      changes,
      path,
      UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE)
    )
    let deadline = ContinuousClock.now + .seconds(Int(seconds))
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !isSeen() {
      var event = pollfd(fd: changes, events: Int16(POLLIN), revents: 0)
      let isChanged = unsafe poll(&event, 1, seconds * 1_000) > 0
      guard isChanged, ContinuousClock.now < deadline else {
        let told = files.filter { $0.hasSuffix(".stderr") }.map(read).joined(separator: "\n")
        Issue.record("\(what): not seen in \(seconds) s\n\(told)", sourceLocation: sourceLocation)
        throw CancellationError()
      }
      _ = unsafe Glibc.read(changes, &buffer, buffer.count)
    }
  }
}
