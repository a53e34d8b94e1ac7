import Glibc
import Synchronization

/// Which requests are on their way, in memory that outlives a killed process.
///
/// A slot holds the number of a job, and the most that its request can cost, from just before it is
/// sent until its result is durable. The head holds what requests of this worker without an answer may
/// have cost, the part included that is not committed yet. The slots are a shared
/// mapping of a small file: a store to memory is all that a send costs, and the kernel keeps the
/// page when the process is killed. After a power cut the file may be stale, which can only make the
/// number of unknown jobs wrong, and their cost too low, but never a result.
package final class SendJournal: Sendable {
  /// What a run that was killed left.
  package struct Record: Sendable, Equatable {
    /// The jobs whose requests were on their way, with the most that each may have cost.
    package var jobs: [Int: USD] = [:]
    /// What its requests without an answer may have cost.
    package var unanswered = USD.zero

    package init() {}
  }

  private static let magic = 0x6E6A_7365_6E74_0001
  /// How its file begins.
  static let head = unsafe withUnsafeBytes(of: magic.littleEndian) { unsafe Array($0) }
  /// A slot is two numbers, one more than the job's and its cost; the first slot is the head.
  private static let slotNumbers = 2
  private static let numberBytes = MemoryLayout<Int>.size

  @safe
  private struct State: ~Copyable {
    var numbers: UnsafeMutableBufferPointer<Int>
    var free: [Int]
  }

  private let state: Mutex<State>

  /// Creates the file anew, with no job on its way.
  ///
  /// - Parameter capacity: how many requests can be on their way or waiting for their commit.
  /// - Throws: ``StoreError``.
  package init(path: String, capacity: Int) throws(StoreError) {
    let count = (capacity + 1) * Self.slotNumbers
    let bytes = count * Self.numberBytes
    let descriptor = try OwnFile.emptied(path, doing: "cannot create the journal of sends")
    defer { close(descriptor) }
    // Blocks are allocated now: a store to a page that the disk has no room for kills the process.
    let failure = posix_fallocate(descriptor, 0, bytes)
    guard failure == 0 else {
      throw StoreError(
        errno: failure,
        doing: "cannot create the journal of sends",
        at: path,
        needed: bytes
      )
    }
    let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw StoreError(errno: errno, doing: "cannot map the journal of sends", at: path)
    }
    let numbers = unsafe UnsafeMutableBufferPointer(
      start: memory.assumingMemoryBound(to: Int.self),
      count: count
    )
    unsafe numbers.initialize(repeating: 0)
    unsafe numbers[0] = Self.magic
    let slots = stride(from: count - Self.slotNumbers, to: 0, by: -Self.slotNumbers)
    state = unsafe Mutex(State(numbers: numbers, free: Array(slots)))
  }

  deinit {
    state.withLock { state in
      _ = unsafe munmap(state.numbers.baseAddress, state.numbers.count * Self.numberBytes)
    }
  }

  /// Notes that the request of `job` is about to leave; nil when every slot is taken.
  ///
  /// - Parameter worst: the most that it can cost.
  package func mark(_ job: Int, worst: USD = .zero) -> Int? {
    state.withLock { state in
      guard let slot = state.free.popLast() else { return nil }
      unsafe state.numbers[slot + 1] = worst.nanos
      unsafe state.numbers[slot] = job + 1
      return slot
    }
  }

  /// Notes that the job in `slot` is durable, or was never sent.
  package func clear(_ slot: Int) {
    state.withLock { state in
      unsafe state.numbers[slot] = 0
      state.free.append(slot)
    }
  }

  /// Notes that a request left and got no answer; its slot may be cleared then.
  package func charge(_ worst: USD) {
    state.withLock { state in unsafe state.numbers[1] += worst.nanos }
  }

  /// True when no job is on its way.
  package var isClear: Bool {
    state.withLock { unsafe $0.free.count == $0.numbers.count / Self.slotNumbers - 1 }
  }

  /// The jobs on their way, with the most that the request of each may cost.
  package var jobs: [Int: USD] {
    state.withLock { state in
      var jobs: [Int: USD] = [:]
      let count = unsafe state.numbers.count
      for slot in stride(from: Self.slotNumbers, to: count, by: Self.slotNumbers)
      where unsafe state.numbers[slot] > 0 {
        unsafe jobs[state.numbers[slot] - 1] = USD(nanos: state.numbers[slot + 1])
      }
      return jobs
    }
  }

  /// Forgets what is on its way, since others have taken note of it; slots stay taken until they are
  /// cleared.
  package func disown() {
    state.withLock { state in
      let count = unsafe state.numbers.count
      for slot in stride(from: Self.slotNumbers, to: count, by: Self.slotNumbers) {
        unsafe state.numbers[slot] = 0
      }
      unsafe state.numbers[1] = 0
    }
  }

  /// What was on its way when the process that wrote the file ended; nothing for another file.
  package static func record(at path: String) -> Record {
    guard let descriptor = try? OwnFile.open(path, O_RDONLY, doing: "cannot read") else {
      return Record()
    }
    defer { close(descriptor) }
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0, information.st_size <= largest else {
      return Record()
    }
    var numbers = [Int](repeating: 0, count: Int(information.st_size) / numberBytes)
    let size = numbers.count * numberBytes
    let got = unsafe numbers.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, size, 0)
    }
    guard got == size, numbers.first == magic, numbers.count % slotNumbers == 0 else {
      return Record()
    }
    var record = Record()
    record.unanswered = amount(numbers[1])
    for slot in stride(from: slotNumbers, to: numbers.count, by: slotNumbers)
    where numbers[slot] > 0 {
      record.jobs[numbers[slot] - 1] = amount(numbers[slot + 1])
    }
    return record
  }

  /// Bytes of the largest file that is taken for a journal.
  private static let largest = 64 << 20

  /// What the requests of a process can have cost: the file may be damaged.
  private static func amount(_ nanos: Int) -> USD {
    (0...1_000_000_000_000_000).contains(nanos) ? USD(nanos: nanos) : .zero
  }
}
