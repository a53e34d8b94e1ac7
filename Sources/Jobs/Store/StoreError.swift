/// What went wrong with a batch file, its input or its output, in words a user can act on.
package struct StoreError: Error, Sendable, CustomStringConvertible {
  /// The kind of trouble; callers decide exit codes by it.
  package enum Code: Sendable, Equatable {
    /// The disk or quota is full.
    case diskFull
    /// The file or its folder cannot be written.
    case notWritable
    /// Another process owns the batch.
    case owned
    /// Another program keeps the batch locked.
    case busy
    /// The file is not a batch, or a page of it is damaged.
    case damaged
    /// A newer version of the program wrote the file.
    case newerFormat
    /// The file system cannot hold a batch (network file systems).
    case unsuitableFileSystem
    /// The input is missing or cannot be read.
    case inputMissing
    /// The input is not the one that the batch was started with.
    case inputChanged
    /// Nobody reads the pipe any more that results go to.
    case readerGone
    /// Any other failure of a read or write.
    case inputOutput
  }

  package let code: Code
  /// What happened, lower case, without a final period.
  package let message: String
  /// The file it happened to.
  package let place: String
  /// What the user can do next.
  package let next: String
  /// What it is about one by one, such as the jobs that changed.
  package let details: [String]

  package init(
    _ code: Code,
    _ message: String,
    _ details: [String] = [],
    at place: String,
    next: String
  ) {
    self.code = code
    self.message = message
    self.details = details
    self.place = place
    self.next = next
  }

  package var description: String {
    ([message] + details.map { "    \($0)" } + ["  at: \(place)", "  next: \(next)"])
      .joined(separator: "\n")
  }
}
