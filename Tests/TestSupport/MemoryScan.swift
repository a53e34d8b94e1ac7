import Foundation
import Glibc

/// Looks for bytes in the memory of another process, as a debugger would.
///
/// The process should be stopped meanwhile, or bytes could move past the search.
package struct MemoryScan {
  /// How many bytes are read at once.
  private static let window = 4 << 20

  /// Whether this user may read a process that has made itself not dumpable.
  package static var isPermitted: Bool { geteuid() == 0 }

  private let pid: Int32

  package init(_ pid: Int32) {
    self.pid = pid
  }

  /// How often each of these stands in what the process has mapped.
  package func hits(of needles: [[UInt8]]) throws -> [Int] {
    let memory = unsafe open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
    guard memory >= 0 else { throw TestServerError("the memory of \(pid) cannot be read") }
    defer { close(memory) }
    let overlap = (needles.map(\.count).max() ?? 1) - 1
    var buffer = [UInt8](repeating: 0, count: Self.window + overlap)
    var hits = [Int](repeating: 0, count: needles.count)
    for region in try regions() {
      for start in stride(from: region.lowerBound, to: region.upperBound, by: Self.window) {
        let room = min(buffer.count, region.upperBound - start)
        // Some of the kernel's own pages are mapped but cannot be read.
        let count = unsafe max(0, pread(memory, &buffer, room, start))
        for (index, needle) in needles.enumerated() {
          hits[index] += Self.count(needle, in: buffer[..<count], startingBefore: Self.window)
        }
      }
    }
    return hits
  }

  /// The readable parts of the address space.
  private func regions() throws -> [Range<Int>] {
    try String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8).split(separator: "\n")
      .compactMap { line in
        let words = line.split(separator: " ")
        let ends = words[0].split(separator: "-").compactMap { Int($0, radix: 16) }
        return words[1].hasPrefix("r") && ends.count == 2 ? ends[0]..<ends[1] : nil
      }
  }

  private static func count(
    _ needle: [UInt8],
    in bytes: ArraySlice<UInt8>,
    startingBefore end: Int
  ) -> Int {
    unsafe bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return 0 }
      var (hits, place) = (0, 0)
      while place < min(end, bytes.count - needle.count + 1),
        let found = unsafe memchr(start + place, Int32(needle[0]), bytes.count - place)
      {
        place = unsafe UnsafeRawPointer(found) - start
        guard place < end, place + needle.count <= bytes.count else { break }
        if unsafe memcmp(start + place, needle, needle.count) == 0 { hits += 1 }
        place += 1
      }
      return hits
    }
  }
}
