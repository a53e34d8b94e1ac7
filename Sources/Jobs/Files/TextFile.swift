import Glibc

/// A file of text that a user names, such as a job file.
package enum TextFile {
  /// The most bytes of one; a thousand accounts take some hundred thousand.
  private static let largest = 16 << 20

  /// Reads all of it.
  ///
  /// - Parameter what: names it in messages, for instance "the job file".
  /// - Throws: ``StoreError`` `.inputMissing` with the cause.
  package static func read(_ path: String, _ what: String) throws(StoreError) -> String {
    func refusal(_ reason: String) -> StoreError {
      StoreError(
        .inputMissing,
        "cannot read \(what): \(reason)",
        at: path,
        next: "check its name and permissions"
      )
    }
    // A pipe would keep everybody waiting for its writer.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw refusal(unsafe String(cString: strerror(errno)).lowercased())
    }
    let file = InputFile(descriptor: descriptor, path: path)
    var information = stat()
    let isKnown = unsafe fstat(descriptor, &information) == 0
    let kind = isKnown ? FileKind(mode: information.st_mode) : .absent
    guard kind == .regular else { throw refusal("it is \(kind.name), not a file") }
    guard information.st_size <= largest else {
      throw refusal("it has more than \(largest >> 20) MiB")
    }
    guard let bytes = try? file.bytes(Int(information.st_size) + 1, at: 0) else {
      throw refusal("input/output error")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw refusal("it is not UTF-8 text; convert it first")
    }
    return text
  }
}
