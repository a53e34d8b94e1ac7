import CLinux
import Glibc

/// Answers in the files of a journal, read one by one.
package struct KeptAnswers: Sequence, IteratorProtocol {
  private var paths: ArraySlice<String>
  private var file: KeptAnswersFile?

  init(in paths: [String]) {
    self.paths = paths[...]
  }

  package mutating func next() -> (lease: SegmentLease, result: JobResult)? {
    while true {
      if let answer = file?.next() { return answer }
      guard let path = paths.popFirst() else { return nil }
      file = KeptAnswersFile(path: path)
    }
  }
}

/// One file of them; what stands behind the first record that is not whole is of no use.
private final class KeptAnswersFile {
  private let descriptor: Int32
  private let size: Int
  private var position = 0
  /// That of the first record; others are left from before the file was emptied.
  private var turn: Int?

  /// Nil where there is no such file.
  init?(path: String) {
    guard let opened = try? OwnFile.open(path, O_RDONLY, doing: "cannot read") else { return nil }
    descriptor = opened
    var information = stat()
    size = unsafe fstat(descriptor, &information) == 0 ? Int(information.st_size) : 0
  }

  deinit { close(descriptor) }

  func next() -> (lease: SegmentLease, result: JobResult)? {
    guard let head = read(AnswerRecord.numbers, UInt64.self, at: position) else { return nil }
    let length = AnswerRecord.payloadLength(after: head)
    let start = position + AnswerRecord.headSize
    guard length >= 0, length <= size - start, let payload = read(length, UInt8.self, at: start),
      let (answer, turn) = AnswerRecord.decode(head, payload), turn == self.turn ?? turn
    else { return nil }
    self.turn = turn
    position = start + length
    return answer
  }

  private func read<Element: BitwiseCopyable>(
    _ count: Int,
    _ type: Element.Type,
    at offset: Int
  ) -> [Element]? {
    let bytes = count * MemoryLayout<Element>.size
    guard bytes <= size - offset else { return nil }
    let elements = unsafe [Element](unsafeUninitializedCapacity: count) { buffer, filled in
      let got = unsafe pread(descriptor, buffer.baseAddress, bytes, offset)
      filled = got == bytes ? count : 0
    }
    return elements.count == count ? elements : nil
  }
}
