import Foundation

extension Scratch {
  /// The bytes of a file; empty where there is none.
  func bytes(_ name: String) -> [UInt8] {
    FileManager.default.contents(atPath: path(of: name)).map(Array.init) ?? []
  }

  /// Makes these the only files of the folder, readable only by this user.
  func replaceFiles(with files: [String: [UInt8]], in subfolder: String = "") throws {
    let target = URL(fileURLWithPath: path(of: subfolder))
    try? FileManager.default.removeItem(at: target)
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: false)
    for (name, bytes) in files {
      let made = FileManager.default.createFile(
        atPath: target.appendingPathComponent(name).path,
        contents: Data(bytes),
        attributes: [.posixPermissions: 0o600]
      )
      guard made else { throw CocoaError(.fileWriteUnknown) }
    }
  }
}
