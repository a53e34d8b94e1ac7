/// A key on loan for one request, which keeps it for as long as it runs, whatever happens to the
/// key meanwhile.
package struct KeyLease: Sendable {
  package let key: Key
  /// Which fetched value it is: a number that a keyring never uses twice.
  package let generation: Int
}
