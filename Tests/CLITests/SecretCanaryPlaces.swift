import Foundation
import Glibc
import Testing

/// Made-up secrets, one for each place that a secret can be in.
///
/// They have no maker's shape, so that only knowing them, not guessing them, can hide them.
struct Canaries {
  /// A place, and what is in it.
  private(set) var all: [(place: String, value: String)]

  init(_ places: String...) {
    all = places.map { ($0, Self.random()) }
  }

  subscript(place: String) -> String { all.first { $0.place == place }?.value ?? "" }

  /// Adds a secret that was made elsewhere.
  mutating func add(_ place: String, _ value: String) {
    all.append((place, value.trimmingCharacters(in: .newlines)))
  }

  static func random() -> String {
    let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    return String((0..<48).map { _ in signs.randomElement() ?? "0" })
  }

  /// Records an issue for each secret in these bytes, in any of its forms.
  func expectAbsent(
    from bytes: Data,
    _ whereabouts: String,
    besides places: Set<String> = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (place, form) in findings(in: bytes) where !places.contains(place) {
      Issue.record("the \(place) is in \(whereabouts), as \(form)", sourceLocation: sourceLocation)
    }
  }

  /// The secrets in these bytes, each with the form that was found.
  func findings(in bytes: Data) -> [(place: String, form: String)] {
    all.flatMap { place, value in
      Self.forms(of: value).filter { bytes.range(of: Data($0.utf8)) != nil }.map { (place, $0) }
    }
  }

  /// Looks through every file of a folder.
  ///
  /// - Parameter kept: which secrets a file holds by design.
  func expectAbsent(
    from folder: Scratch,
    besides kept: [String: Set<String>] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for file in folder.files {
      let bytes = FileManager.default.contents(atPath: folder.path(of: file)) ?? Data()
      expectAbsent(from: bytes, file, besides: kept[file] ?? [], sourceLocation: sourceLocation)
    }
  }

  /// Looks at what a process shows of itself to others.
  func expectAbsent(
    from program: Program,
    besides environment: Set<String> = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let command = try #require(FileManager.default.contents(atPath: "/proc/\(program.pid)/cmdline"))
    #expect(!command.isEmpty, sourceLocation: sourceLocation)
    expectAbsent(from: command, "the process listing", sourceLocation: sourceLocation)
    guard getuid() == 0 else { return }
    let variables = try #require(
      FileManager.default.contents(atPath: "/proc/\(program.pid)/environ")
    )
    expectAbsent(
      from: variables,
      "the environment",
      besides: environment,
      sourceLocation: sourceLocation
    )
  }

  /// A secret as it is, in hexadecimal, percent-encoded, in base64, backwards, and its end.
  static func forms(of value: String) -> [String] {
    Canary.forms(of: value) + [String(value.reversed()), String(value.suffix(20))]
  }
}
