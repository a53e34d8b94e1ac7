/// Why a key could not be had, in words that say what to do next, and never part of a value.
package struct KeySourceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is; decides the exit status.
  package enum Kind: Hashable, Sendable {
    /// The reference or the command line is wrong.
    case usage
    /// The key, its file or its store is missing or damaged, or may not be read.
    case denied
    /// The store says for certain that the key is no more: deleted, removed or disabled there. A
    /// value read earlier is out of use.
    case gone
    /// There is nothing in its place just now, and nobody says that this is for good. A value read
    /// earlier is still good.
    case missing
    /// The store cannot answer now: unreachable, sealed, overloaded, or too slow. A value read
    /// earlier is still good.
    case unavailable
    /// The store could not be written.
    case cannotWrite
  }

  /// What kind of failure it is.
  package let kind: Kind
  /// What happened, where, why and what to do next; starts in lower case.
  package let description: String

  /// Describes one failure.
  package init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// The process exit status for it, from sysexits(3): 64, 77, 69 or 73.
  package var exitCode: Int32 {
    switch kind {
    case .usage: 64
    case .denied, .missing, .gone: 77
    case .unavailable: 69
    case .cannotWrite: 73
    }
  }
}
