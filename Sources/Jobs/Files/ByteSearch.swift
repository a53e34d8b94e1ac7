internal import CLinux
import Glibc

extension ArraySlice<UInt8> {
  /// Where a text stands first; nil where it does not.
  package func firstPlace(of text: String) -> Int? {
    unsafe withUnsafeBytes { haystack in
      guard let start = haystack.baseAddress,
        let found = unsafe memmem(start, haystack.count, text, text.utf8.count)
      else { return nil }
      return unsafe startIndex + (UnsafeRawPointer(found) - start)
    }
  }
}
