import Foundation

extension Scratch {
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
