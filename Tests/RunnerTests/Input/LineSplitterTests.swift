import Foundation
import Jobs
import Runner
import TestSupport
import Testing

@Suite struct `A line splitter` {
  private func lines(
    _ bytes: [UInt8],
    cutAt cuts: [Int] = [],
    longest: Int = .max
  ) -> [LineSplitter.Line] {
    var splitter = LineSplitter(longest: longest, offset: 1_000, number: 7)
    var lines: [LineSplitter.Line] = []
    for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
      splitter.take(Array(bytes[start..<end])) { lines.append($0) }
    }
    return lines + [splitter.finish()].compactMap { $0 }
  }

  private func texts(_ text: String) -> [String] {
    lines(Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  @Test(arguments: [
    ("", []), ("a", ["a"]), ("a\n", ["a\n"]), ("a\nb", ["a\n", "b"]), ("\n\n", ["\n", "\n"]),
    ("a\r\nb\r\n", ["a\r\n", "b\r\n"]), ("a\rb\n", ["a\rb\n"]), ("é\u{2028}x\n", ["é\u{2028}x\n"]),
  ])
  func `cuts after each line feed and nowhere else`(_ text: String, _ expected: [String]) {
    #expect(texts(text) == expected)
  }

  @Test func `says where in the stream each line stands`() {
    let found = lines(Array("one\n\nthree".utf8))
    #expect(found.map(\.offset) == [1_000, 1_004, 1_005])
    #expect(found.map(\.length) == [4, 1, 5])
    #expect(found.map(\.number) == [7, 8, 9])
  }

  @Test func `gives the same lines however the stream is cut`() {
    let alphabet = Array("\n\rx".utf8)
    var random = SeededGenerator(seed: 3)
    for _ in 0..<2_000 {
      let count = Int.random(in: 0...60, using: &random)
      let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0...2, using: &random)] }
      let cuts = (0..<Int.random(in: 0...8, using: &random))
        .map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
      let longest = Int.random(in: 1...12, using: &random)
      let whole = lines(bytes, longest: longest)
      #expect(lines(bytes, cutAt: cuts, longest: longest) == whole)
      #expect(whole.reduce(0) { $0 + $1.length } == bytes.count)
      for line in whole {
        #expect(line.isOversized == (line.length > longest))
        let start = line.offset - 1_000
        #expect(line.isOversized || line.bytes == bytes[start..<start + line.length])
      }
    }
  }

  @Test func `lets a line go that is too long to be kept`() {
    let text = "short\n" + String(repeating: "x", count: 100) + "\nlast"
    let found = lines(Array(text.utf8), cutAt: [9, 50, 51], longest: 10)
    #expect(found.map(\.isOversized) == [false, true, false])
    #expect(found[1].bytes.isEmpty && found[1].length == 101)
    #expect(found[2].number == 9 && found[2].offset == 1_107)
  }

  @Test func `gives the lines of a file however long they are`() async throws {
    let folder = try TestFolder()
    let mega = 1 << 20
    let sizes = [1, mega - 1, 5, mega, mega + 1, 0, 3 * mega, 2 * mega - 1, 7]
    for end in ["\n", ""] {
      let lines = sizes.map { [UInt8](repeating: UInt8(ascii: "a") + UInt8($0 % 23), count: $0) }
      let text = Array(lines.joined(separator: "\n".utf8)) + end.utf8
      let path = folder.file("in.jsonl")
      try Data(text).write(to: URL(filePath: path))
      let input = InputSource.file(try InputFile(path: path))
      var found: [LineSplitter.Line] = []
      for try await lines in input.lines() { found += lines }
      let expected = self.lines(text)
      #expect(found.map(\.bytes).elementsEqual(expected.map(\.bytes), by: ==))
      #expect(found.map { $0.offset + 1_000 } == expected.map(\.offset))
      #expect(found.map { $0.number + 6 } == expected.map(\.number))
    }
  }
}
